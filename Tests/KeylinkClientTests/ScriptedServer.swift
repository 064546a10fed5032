import Foundation
import Synchronization
import SystemPackage

/// A server that answers as a test tells it, and breaks off where a real one would be hard to make to.
final class ScriptedServer: Sendable {
    struct Request: Sendable {
        var method = ""
        var path = ""
        /// Names in lower case.
        var headers: [String: String] = [:]
        var body: [UInt8] = []
    }

    struct Response: Sendable {
        var status = 200
        var headers: [String: String] = [:]
        var body: [UInt8] = []
        /// What `Content-Length` says, where the body is to end before; nil for the truth.
        var announced: Int?
        /// Whether to say a length at all.
        var saysLength = true

        static func json(_ text: String, status: Int = 200) -> Response {
            Response(status: status, headers: ["Content-Type": "application/json"], body: Array(text.utf8))
        }

        static func problem(_ status: Int, _ code: String, more: String = "", headers: [String: String] = [:]) -> Response {
            let body = #"{"type":"about:blank","title":"t","status":\#(status),"detail":"d","code":"\#(code)"\#(more)}"#
            return Response(
                status: status, headers: headers.merging(["Content-Type": "application/problem+json"]) { one, _ in one },
                body: Array(body.utf8))
        }
    }

    enum Act: Sendable {
        /// Reads the body, then answers.
        case answer(@Sendable (Request) -> Response)
        /// Closes the connection after so many octets of the body.
        case cut(after: Int)
        /// Reads all of it and closes without an answer.
        case vanish
    }

    let port: UInt16
    var base: String { "http://127.0.0.1:\(port)" }
    private let listener: FileDescriptor
    private let seen = Mutex<[Request]>([])

    var requests: [Request] { seen.withLock { $0 } }

    /// - Parameter script: what to do with the request of this number, from 0, of which only the head has been read.
    init(_ script: @escaping @Sendable (Int, Request) -> Act) throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && listen(socket, 16) == 0 && getsockname(socket, $0, &length) == 0
            }
        }
        guard status else { throw Errno(rawValue: errno) }
        port = UInt16(bigEndian: address.sin_port)
        listener = FileDescriptor(rawValue: socket)
        Thread.detachNewThread { [weak self, listener] in
            while true {
                let connection = accept(listener.rawValue, nil, nil)
                guard connection >= 0, let self else { return }
                Thread.detachNewThread { self.serve(FileDescriptor(rawValue: connection), script) }
            }
        }
    }

    deinit {
        shutdown(listener.rawValue, Int32(SHUT_RDWR))
        close(listener.rawValue)
    }

    private func serve(_ connection: FileDescriptor, _ script: (Int, Request) -> Act) {
        defer { close(connection.rawValue) }
        var input = Input(connection: connection)
        guard var request = input.head() else { return }
        let number = seen.withLock { seen in
            seen.append(request)
            return seen.count - 1
        }
        switch script(number, request) {
        case .cut(let count):
            input.skip(count)
        case .vanish:
            _ = input.body(request)
        case .answer(let make):
            request.body = input.body(request)
            seen.withLock { $0[number] = request }
            send(make(request), to: connection)
        }
    }

    private func send(_ response: Response, to connection: FileDescriptor) {
        var head = "HTTP/1.1 \(response.status) Status\r\nConnection: close\r\n"
        if response.saysLength { head += "Content-Length: \(response.announced ?? response.body.count)\r\n" }
        for (name, value) in response.headers { head += "\(name): \(value)\r\n" }
        _ = try? connection.writeAll(Array((head + "\r\n").utf8) + response.body)
        shutdown(connection.rawValue, Int32(SHUT_WR))
    }

    private struct Input {
        let connection: FileDescriptor
        var buffer: [UInt8] = []

        mutating func fill() -> Bool {
            var part = [UInt8](repeating: 0, count: 64 << 10)
            let count = part.withUnsafeMutableBytes { (try? connection.read(into: $0)) ?? 0 }
            buffer += part.prefix(count)
            return count > 0
        }

        mutating func line() -> String? {
            while true {
                if let end = buffer.firstIndex(of: 0x0A) {
                    let line = String(decoding: buffer[..<end].filter { $0 != 0x0D }, as: UTF8.self)
                    buffer.removeFirst(end + 1)
                    return line
                }
                guard fill() else { return nil }
            }
        }

        mutating func take(_ count: Int) -> [UInt8] {
            while buffer.count < count, fill() {}
            let taken = Array(buffer.prefix(count))
            buffer.removeFirst(taken.count)
            return taken
        }

        mutating func skip(_ count: Int) {
            _ = take(count)
        }

        mutating func head() -> Request? {
            guard let first = line()?.split(separator: " "), first.count == 3 else { return nil }
            var request = Request(method: String(first[0]), path: String(first[1]))
            while let line = line(), let colon = line.firstIndex(of: ":") {
                request.headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
                    in: .whitespaces)
            }
            return request
        }

        mutating func body(_ request: Request) -> [UInt8] {
            if let length = request.headers["content-length"].flatMap({ Int($0) }) { return take(length) }
            guard request.headers["transfer-encoding"] == "chunked" else { return [] }
            var body: [UInt8] = []
            while let size = line().flatMap({ Int($0, radix: 16) }) {
                body += take(size)
                _ = line()
                if size == 0 { break }
            }
            return body
        }
    }
}

/// A clock that does not wait, and remembers how long it was to.
final class RecordingClock: Clock {
    struct Instant: InstantProtocol {
        var offset: Duration = .zero

        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (one: Instant, other: Instant) -> Bool { one.offset < other.offset }
    }

    private let slept = Mutex<[Duration]>([])

    var now: Instant { Instant() }
    var minimumResolution: Duration { .zero }
    var pauses: [Duration] { slept.withLock { $0 } }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        slept.withLock { $0.append(deadline.offset) }
    }
}

/// A folder for one test, gone afterwards.
final class TemporaryFolder: Sendable {
    let path: FilePath

    init() throws {
        var template = Array("/tmp/keylink-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
        path = FilePath(String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path.string)
    }

    /// The names in it, in order.
    func names(_ folder: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path.appending(folder).string).sorted()
    }

    func content(_ name: String) throws -> String {
        try String(contentsOfFile: path.appending(name).string, encoding: .utf8)
    }

    func write(_ text: String, to name: String) throws {
        try text.write(toFile: path.appending(name).string, atomically: false, encoding: .utf8)
    }

    /// The permission bits of a file in it.
    func mode(_ name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path.appending(name).string)
        return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? -1
    }
}
