package import KeylinkAPI
internal import Sodium
internal import SystemPackage

/// One secret that this user shared: what `keylink list` shows. The receipt link can revoke, and cannot open.
package struct ReceiptRecord: Codable, Equatable, Sendable {
    package let receiptLink: String
    package let sharedAt: Timestamp
    package let expiresAt: Timestamp
    package let views: Int

    package init(receiptLink: String, sharedAt: Timestamp, expiresAt: Timestamp, views: Int) {
        self.receiptLink = receiptLink
        self.sharedAt = sharedAt
        self.expiresAt = expiresAt
        self.views = views
    }
}

/// The receipts under `$XDG_STATE_HOME/keylink/receipts`, one file each, mode 0600.
package struct ReceiptRecords: Sendable {
    /// Seconds that a server tells of a secret after its end, and a day for clocks that differ.
    private static let kept: Int64 = 8 * 86_400

    private let folder: FilePath

    package init(in state: StateFolder) {
        folder = state.receipts
    }

    package func add(_ record: ReceiptRecord) throws {
        try Files.createPrivateFolder(folder)
        let name = genericHash(Array(record.receiptLink.utf8), count: 16).map { hex($0) }.joined()
        try Files.replace(folder.appending(name + ".json"), with: JSON.encode(record))
    }

    /// All that may still have something to tell, oldest first. Older ones are removed; a file that is not a record is passed over.
    package func list(now: Timestamp) throws -> [ReceiptRecord] {
        var records: [ReceiptRecord] = []
        for name in try Files.names(in: folder) where name.hasSuffix(".json") {
            let path = folder.appending(name)
            guard let record = try? JSON.decode(ReceiptRecord.self, from: Files.read(path)) else { continue }
            if record.expiresAt.adding(seconds: Self.kept) < now {
                try Files.remove(path)
            } else {
                records.append(record)
            }
        }
        return records.sorted { ($0.sharedAt, $0.receiptLink) < ($1.sharedAt, $1.receiptLink) }
    }
}
