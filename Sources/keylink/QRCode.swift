internal import CQREncode

/// A QR code of a link, drawn with half blocks: two modules a character, so that they come out square.
struct QRCode {
    /// Whether each module is dark, row by row.
    let modules: [[Bool]]

    /// - Returns: nil where the text is longer than a code can hold (about 2300 bytes).
    init?(_ text: String) {
        // M survives a smudged or glaring screen; no link needs the room that L would give.
        guard let code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M) else { return nil }
        defer { QRcode_free(code) }
        let width = Int(code.pointee.width)
        modules = (0..<width).map { row in (0..<width).map { code.pointee.data[row * width + $0] & 1 == 1 } }
    }

    /// - Parameter coloured: set black on white by the terminal's colours, whatever its theme is. Without, light modules are
    ///   drawn and dark ones left, which scans on a dark background.
    func text(coloured: Bool) -> String {
        // Readers need four light modules around.
        let margin = 4
        let width = modules.count + 2 * margin
        func isDark(_ row: Int, _ column: Int) -> Bool {
            let (row, column) = (row - margin, column - margin)
            return modules.indices.contains(row) && modules.indices.contains(column) && modules[row][column]
        }
        return stride(from: 0, to: width, by: 2).map { row in
            let line = (0..<width).map { column in
                let (upper, lower) = (isDark(row, column), isDark(row + 1, column))
                // Drawn is what stands out: dark on white paper, light on a dark screen.
                return Self.block(upper: upper == coloured, lower: lower == coloured)
            }.joined()
            return coloured ? "\u{1B}[38;5;16;48;5;231m\(line)\u{1B}[0m" : line
        }.joined(separator: "\n")
    }

    /// The character whose drawn halves are those asked for.
    private static func block(upper: Bool, lower: Bool) -> String {
        switch (upper, lower) {
        case (true, true): "█"
        case (true, false): "▀"
        case (false, true): "▄"
        case (false, false): " "
        }
    }
}
