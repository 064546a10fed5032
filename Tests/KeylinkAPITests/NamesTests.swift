import KeylinkAPI
import Testing

@Suite struct NamesTests {
    static let zeroes = String(repeating: "A", count: 22)

    @Test(arguments: [zeroes, "jv-C_z9w3MQxLBoZ1LWeaw", "_____________________w", "---------------------Q"])
    func idsThatAre(_ text: String) {
        #expect(SecretID(text)?.text == text)
    }

    static let notIDs: [String] = [
        "", "AAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAB", "AAAAAAAAAAAAAAAAAAAAA=",
        "AAAAAAAAAAAAAAAAAAAA+A", "AAAAAAAAAA AAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAA/A", "AAAAAAAAAAAAAAAAAAAAéA",
        "%41AAAAAAAAAAAAAAAAAAAA",
    ]

    @Test(arguments: notIDs)
    func idsThatAreNot(_ text: String) {
        #expect(SecretID(text) == nil)
    }

    @Test(arguments: [21, 22, 23, 43, 63, 64, 65])
    func keysByLength(_ count: Int) {
        #expect((ClaimKey(String(repeating: "b", count: count)) != nil) == (22...64).contains(count))
    }

    @Test(arguments: ["+", "/", "=", " ", ".", "\u{0}", "ü"])
    func keysHaveNoOtherLetters(_ letter: String) {
        #expect(ClaimKey(String(repeating: "b", count: 30) + letter) == nil)
    }

    @Test func everyLastLetterOf32Octets() {
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        let right = letters.filter { isCanonicalBase64URL(String(repeating: "x", count: 42) + String($0), octets: 32) }
        #expect(right == "AEIMQUYcgkosw048")
    }

    @Test func wholeGroupsHaveNoUnusedBits() {
        #expect(isCanonicalBase64URL("____", octets: 3))
        #expect(!isCanonicalBase64URL("___", octets: 3))
        #expect(isCanonicalBase64URL("", octets: 0))
    }

    /// An ID in a log line names a secret to whoever reads the log.
    @Test func namesDoNotPrintThemselves() throws {
        let id = try #require(SecretID("jv-C_z9w3MQxLBoZ1LWeaw"))
        let key = try #require(ClaimKey("jv-C_z9w3MQxLBoZ1LWeaw"))
        #expect(!"\(id) \(key)".contains("jv-C"))
    }
}
