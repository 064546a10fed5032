import Foundation
import Synchronization
import SystemPackage

/// The network between command and server, which breaks where a test wants it to.
final class Proxy: Sendable {
    /// What happens to one connection.
    enum Fate: Sendable {
        case pass
        /// Ends when so many octets have gone to the client.
        case cutDownload(after: Int)
        /// Ends when so many octets have gone to the server.
        case cutUpload(after: Int)
        /// Nothing more goes to the client after so many octets, but the connection stays.
        case stallDownload(after: Int)
        case stallUpload(after: Int)
    }

    let port: UInt16
    var base: String { "http://127.0.0.1:\(port)" }
    private let listener: FileDescriptor
    private let state: Mutex<State>

    private struct State {
        var target: UInt16
        var connections = 0
        var stalled = 0
        var open: [FileDescriptor] = []
    }

    /// - Parameter fate: of the connection of this number, from 0.
    init(to target: UInt16, _ fate: @escaping @Sendable (Int) -> Fate) throws {
        state = Mutex(State(target: target))
        let socket = try Self.socket()
        var address = Self.loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = Self.withAddress(&address) {
            bind(socket.rawValue, $0, length) == 0 && listen(socket.rawValue, 16) == 0
                && getsockname(socket.rawValue, $0, &length) == 0
        }
        guard isListening else { throw Errno(rawValue: errno) }
        port = UInt16(bigEndian: address.sin_port)
        listener = socket
        Thread.detachNewThread { [weak self, socket] in
            while true {
                let client = accept(socket.rawValue, nil, nil)
                guard client >= 0, let self else { return }
                self.begin(FileDescriptor(rawValue: client), fate)
            }
        }
    }

    deinit {
        shutdown(listener.rawValue, Int32(SHUT_RDWR))
        close(listener.rawValue)
        state.withLock { for socket in $0.open { shutdown(socket.rawValue, Int32(SHUT_RDWR)) } }
    }

    /// How many connections have come to a stall.
    var stalled: Int { state.withLock { $0.stalled } }
    var connections: Int { state.withLock { $0.connections } }

    /// Where connections go from now on; those that stand are ended.
    func move(to port: UInt16) {
        state.withLock { state in
            state.target = port
            for socket in state.open { shutdown(socket.rawValue, Int32(SHUT_RDWR)) }
            state.open = []
        }
    }

    private func begin(_ client: FileDescriptor, _ fate: (Int) -> Fate) {
        let (number, target) = state.withLock { state in
            defer { state.connections += 1 }
            return (state.connections, state.target)
        }
        guard let server = Self.connect(to: target) else {
            close(client.rawValue)
            return
        }
        state.withLock { $0.open += [client, server] }
        var (up, down, stalls) = (Int.max, Int.max, false)
        switch fate(number) {
        case .pass: break
        case .cutDownload(let count): down = count
        case .cutUpload(let count): up = count
        case .stallDownload(let count): (down, stalls) = (count, true)
        case .stallUpload(let count): (up, stalls) = (count, true)
        }
        let (upLimit, downLimit, isStall) = (up, down, stalls)
        Thread.detachNewThread { self.pump(from: client, to: server, atMost: upLimit, stalls: isStall) }
        Thread.detachNewThread { self.pump(from: server, to: client, atMost: downLimit, stalls: isStall) }
    }

    private func pump(from source: FileDescriptor, to sink: FileDescriptor, atMost limit: Int, stalls: Bool) {
        var left = limit
        var part = [UInt8](repeating: 0, count: 16 << 10)
        while left > 0 {
            let room = min(left, part.count)
            guard
                let count = try? part.withUnsafeMutableBytes({
                    try source.read(into: UnsafeMutableRawBufferPointer(rebasing: $0.prefix(room)))
                }),
                count > 0, (try? sink.writeAll(part.prefix(count))) != nil
            else { break }
            left -= count
        }
        if left == 0, stalls {
            state.withLock { $0.stalled += 1 }
            return
        }
        // The sockets are left to the process's end: another thread may still be reading, and a number would be given out again.
        shutdown(source.rawValue, Int32(SHUT_RDWR))
        shutdown(sink.rawValue, Int32(SHUT_RDWR))
    }

    private static func socket() throws -> FileDescriptor {
        signal(SIGPIPE, SIG_IGN)
        let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        return FileDescriptor(rawValue: descriptor)
    }

    private static func connect(to port: UInt16) -> FileDescriptor? {
        guard let socket = try? socket() else { return nil }
        var address = loopback(port)
        if withAddress(&address, { Glibc.connect(socket.rawValue, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }) {
            return socket
        }
        close(socket.rawValue)
        return nil
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return address
    }

    private static func withAddress<Result>(_ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>) -> Result)
        -> Result
    {
        withUnsafeMutablePointer(to: &address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body) }
    }
}
