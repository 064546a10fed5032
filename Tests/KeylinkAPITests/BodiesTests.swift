import Foundation
import KeylinkAPI
import Testing

@Suite struct BodiesTests {
    @Test func aReceiptSaysThatItHasNotEnded() throws {
        let receipt = Receipt(
            id: "x", state: .waiting, createdAt: Timestamp(milliseconds: 0), expiresAt: Timestamp(milliseconds: 1000),
            endedAt: nil, size: 97, views: 1, viewsLeft: 1, failedClaims: 0, events: [])
        let data = try JSONEncoder().encode(receipt)
        #expect(String(decoding: data, as: UTF8.self).contains(#""endedAt":null"#))
        #expect(try JSONDecoder().decode(Receipt.self, from: data) == receipt)
    }

    @Test func aProblemOfANewerServerIsStillRead() throws {
        let text = #"{"type":"about:blank","title":"Gone","status":410,"detail":"…","code":"melted"}"#
        let problem = try JSONDecoder().decode(Problem.self, from: Data(text.utf8))
        #expect(problem.code == "melted")
        #expect(problem.known == nil)
    }

    @Test(arguments: SecretState.allCases)
    func everyEndHasItsCode(_ state: SecretState) {
        let code = ProblemCode(state)
        #expect((code == nil) == (state == .waiting))
        #expect(code.map(\.rawValue) ?? state.rawValue == state.rawValue)
        #expect(code.map(\.status) ?? 410 == 410)
    }

    /// The codes of the specification, and no others.
    @Test func codesAreTheSpecifications() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../Spec/openapi.yaml")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        let start = try #require(lines.firstIndex(of: "- malformed-request"))
        let listed = lines[start...].prefix { $0.hasPrefix("- ") }.map { String($0.dropFirst(2)) }
        #expect(listed == ProblemCode.allCases.map(\.rawValue))
    }

    @Test func paths() throws {
        let id = try #require(SecretID("jv-C_z9w3MQxLBoZ1LWeaw"))
        #expect(Route.claim(id).path == "/api/v1/secrets/jv-C_z9w3MQxLBoZ1LWeaw/claim")
        #expect(Route.openPage(id).path == "/s/jv-C_z9w3MQxLBoZ1LWeaw")
    }
}
