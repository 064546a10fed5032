import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import SecretStore
import SystemPackage

/// The second listener, for those who run the server: never on the public port, and nothing about any one secret.
func operationsListener(
    host: String, port: Int, _ responder: OperationsResponder, availability: Availability, logger: Logger
) -> some ApplicationProtocol {
    Application(
        responder: responder,
        server: .connections(
            .init(idleTimeout: .seconds(60)), certificate: nil, idle: .seconds(60), patience: .seconds(30), availability),
        configuration: .init(address: .hostname(host, port: port)),
        onServerRunning: { channel in
            let port = channel.localAddress?.port ?? port
            logger.notice("operations listening on \(host.contains(":") ? "[\(host)]" : host):\(port)")
        },
        logger: logger)
}

/// Answers probes and Prometheus.
struct OperationsResponder: HTTPResponder {
    let readiness: Readiness
    let metrics: ServerMetrics
    /// Where the data is, whose disk is told of.
    let folder: FilePath
    /// Octets of envelopes that may be stored; nil is as many as the disk holds.
    let budget: Int64?
    let certificate: ServedCertificate?

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        guard request.method == .get || request.method == .head else {
            return answer(.methodNotAllowed, "only GET and HEAD\n", [.allow: "GET, HEAD"])
        }
        let response = await answer(to: request.uri.path)
        return request.method == .head ? response.createHeadResponse() : response
    }

    func answer(to path: String) async -> Response {
        switch path {
        case "/healthz": return answer(.ok, "alive\n")
        case "/readyz":
            return await readiness.isReady() ? answer(.ok, "ready\n") : answer(.serviceUnavailable, "not ready\n")
        case "/metrics": return answer(.ok, await scrape(), [.contentType: Exposition.mediaType])
        default: return answer(.notFound, "here are /healthz, /readyz and /metrics\n")
        }
    }

    func scrape() async -> String {
        async let isReady = readiness.isReady()
        async let holdings = readiness.holdings()
        var readings = ProcessMetrics.read().merging(ProcessMetrics.disk(of: folder.string)) { $1 }
        readings["keylink_storage_budget_bytes"] = budget.map(Double.init)
        readings["keylink_certificate_expiry_time_seconds"] = certificate?.expiry.timeIntervalSince1970
        readings["keylink_ready"] = await isReady ? 1 : 0
        if let holdings = await holdings {
            readings["keylink_secrets"] = Double(holdings.secrets)
            readings["keylink_stored_bytes"] = Double(holdings.bytes)
        }
        return metrics.exposition(with: readings)
    }

    private func answer(_ status: HTTPResponse.Status, _ text: String, _ headers: HTTPFields = [:]) -> Response {
        var headers = headers
        if headers[.contentType] == nil { headers[.contentType] = "text/plain; charset=utf-8" }
        headers[.cacheControl] = "no-store"
        headers[.xContentTypeOptions] = "nosniff"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
