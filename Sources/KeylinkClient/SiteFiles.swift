internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1

/// A file of a site, as a server sent it.
package struct SentFile: Sendable {
    package let status: Int
    /// At most as many octets as were asked for, and one more where there are more.
    package let octets: [UInt8]
    private let headers: [(name: String, value: String)]

    init(status: Int, octets: [UInt8], headers: [(name: String, value: String)]) {
        (self.status, self.octets, self.headers) = (status, octets, headers)
    }

    /// Every value of that header.
    package func values(_ name: String) -> [String] {
        headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }
}

extension KeylinkClient {
    /// What lies at a path of the server, without following it elsewhere. The server is not trusted: it is read so far and no farther.
    ///
    /// - Parameters:
    ///   - path: relative to the base.
    ///   - encoding: the one form that is asked for, such as `br`; `identity` for the file itself.
    ///   - limit: octets.
    /// - Throws: ``ClientError/unreachable(_:)``; `CancellationError`.
    package func file(_ path: String, encoding: String, limit: Int) async throws -> SentFile {
        var request = HTTPClientRequest(url: server.base + "/" + path)
        request.headers.add(name: "Accept-Encoding", value: encoding)
        do {
            let response = try await http.execute(request, timeout: .seconds(60))
            var octets: [UInt8] = []
            for try await part in response.body {
                octets += part.readableBytesView.prefix(limit + 1 - octets.count)
                if octets.count > limit { break }
            }
            let headers = response.headers.map { (name: $0.name, value: $0.value) }
            return SentFile(status: Int(response.status.code), octets: octets, headers: headers)
        } catch {
            throw transportError(error)
        }
    }
}
