internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1

/// A file of a site, as a server sent it.
package struct SentFile: Sendable {
    package let status: Int
    /// At most as many octets as were asked for, and one more where there are more.
    package let octets: [UInt8]
    package let headers: [(name: String, value: String)]

    init(status: Int, octets: [UInt8], headers: [(name: String, value: String)]) {
        (self.status, self.octets, self.headers) = (status, octets, headers)
    }

    /// Every value of that header.
    package func values(_ name: String) -> [String] {
        headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }
}

extension KeylinkClient {
    /// Comes to a server as somebody new: with connections of its own, as many at once as a browser makes, which end with `body`.
    package static func visiting<Result>(
        _ server: ServerAddress, _ body: (KeylinkClient) async throws -> Result
    ) async throws -> Result {
        var configuration = configuration
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = mostAtOnce
        return try await HTTPClient.withHTTPClient(configuration: configuration) { http in
            try await body(KeylinkClient(server, http: http))
        }
    }

    package static let mostAtOnce = 6

    /// What lies at a path of the server, without following it elsewhere. The server is not trusted: it is read so far and no farther.
    ///
    /// - Parameters:
    ///   - path: relative to the base.
    ///   - fields: of the request, in this order.
    ///   - limit: octets.
    /// - Throws: ``ClientError/unreachable(_:)``; `CancellationError`.
    package func file(_ path: String, _ fields: [(name: String, value: String)], limit: Int) async throws -> SentFile {
        var request = HTTPClientRequest(url: server.base + "/" + path)
        for field in fields { request.headers.add(name: field.name, value: field.value) }
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
