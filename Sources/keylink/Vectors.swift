internal import ArgumentParser
internal import Envelope
internal import KeylinkClient
internal import SystemPackage

struct Vectors: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check this program against test vectors of the format.",
        discussion:
            "Every case is read whole and in pieces, written where it says how, or parsed. A line tells of each failure; the last line counts."
    )

    @Argument(help: "Files, or folders whose .json files are taken.")
    var paths: [String]

    func run() async throws {
        var (passed, failed) = (0, 0)
        for file in try paths.flatMap(files) {
            for vector in try cases(in: file) {
                do {
                    try await VectorCheck.run(vector.value)
                    passed += 1
                } catch {
                    failed += 1
                    try Console.write(line: "\(name(of: vector)): \(printable(reason(error)))")
                }
            }
        }
        try Console.write(line: "\(passed) passed, \(failed) failed")
        guard failed == 0 else { throw Failure(.failed, "\(failed) of \(passed + failed) cases failed") }
        guard passed > 0 else { throw Failure(.failed, "there was no case") }
    }

    private func name(of vector: Case) -> String { printable(vector.name ?? "a case without a name") }

    private func reason(_ error: any Error) -> String {
        switch error {
        case let error as VectorCheck.Mismatch: error.description
        case let error as VectorCase.Malformed: error.description
        case let error as EnvelopeError: "failed with \(error.code)"
        case let error as SealingError: "writing failed with \(error.code)"
        case DecodingError.keyNotFound(let key, _): "the member \(key.stringValue) is missing"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.dataCorrupted(let context):
            if let member = context.codingPath.last, member.intValue == nil {
                "the member \(member.stringValue) is of the wrong kind"
            } else {
                "this is not a case"
            }
        default: Failure(error).message
        }
    }

    private func files(_ path: String) throws -> [FilePath] {
        try Inputs.checkReadable(path)
        let path = FilePath(path)
        do {
            let names = try Files.names(in: path).filter { $0.hasSuffix(".json") }
            guard !names.isEmpty else { throw Failure(.failed, "\(path): there are no vectors") }
            return names.map { path.appending($0) }
        } catch Errno.notDirectory {
            return [path]
        }
    }

    private func cases(in file: FilePath) throws -> [Case] {
        do {
            return try JSON.decode([Case].self, from: Files.read(file, upTo: 256 << 20))
        } catch let error as Errno {
            throw Failure(.failed, "\(file): \(error)")
        } catch is DecodingError {
            throw Failure(.failed, "\(file) is not a JSON array of cases")
        }
    }

    /// A case, or why it is none: one that is malformed fails alone.
    private struct Case: Decodable {
        let name: String?
        private let result: Result<VectorCase, any Error>

        var value: VectorCase { get throws { try result.get() } }

        init(from decoder: any Decoder) throws {
            name = try? decoder.container(keyedBy: AnyKey.self).decode(String.self, forKey: AnyKey(stringValue: "name"))
            do {
                result = .success(try VectorCase(from: decoder))
            } catch let error where error is DecodingError || error is VectorCase.Malformed {
                result = .failure(error)
            } catch {
                // Numbers that do not fit have an error of their own in Foundation, in words that are not for people.
                result = .failure(VectorCase.Malformed(description: "a value cannot be read"))
            }
        }
    }
}
