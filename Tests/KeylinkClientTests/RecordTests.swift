import Envelope
import KeylinkAPI
import Sodium
import SystemPackage
import Testing

@testable import KeylinkClient

@Suite struct RecordTests {
    private let folder: TemporaryFolder
    private let state: StateFolder

    init() throws {
        folder = try TemporaryFolder()
        state = StateFolder(folder.path.appending("state/keylink"))
    }

    private func link(_ base: String = "https://keylink.example", key: UInt8 = 1) throws -> Link {
        try Link(base: base, id: "AAAAAAAAAAAAAAAAAAAAAA", key: Key(copying: [UInt8](repeating: key, count: 32)))
    }

    private func record() throws -> ClaimRecord {
        try ClaimRecord(
            base: "https://keylink.example", id: "AAAAAAAAAAAAAAAAAAAAAA", key: .random(),
            parameters: Sealing([.text("x")]).parameters)
    }

    @Test func aClaimIsRememberedAcrossProcesses() throws {
        let written = try record()
        do {
            let records = try ClaimRecords(link(), in: state)
            #expect(try records.read() == nil)
            try records.write(written)
            #expect(try records.read() == written)
        }
        let records = try ClaimRecords(link(), in: state)
        #expect(try records.read() == written)
        #expect(try records.read()?.content?.parameters.count == 48)
        try records.remove()
        #expect(try records.read() == nil)
    }

    @Test func aRecordThatIsRemovedLeavesNoFile() throws {
        do {
            let records = try ClaimRecords(link(), in: state)
            try records.write(record())
            #expect(try folder.names("state/keylink/claims").count == 1)
            try records.remove()
        }
        #expect(try folder.names("state/keylink/claims").isEmpty)
        do { _ = try ClaimRecords(link(), in: state) }
        #expect(try folder.names("state/keylink/claims").isEmpty)
    }

    @Test func recordAndFoldersArePrivate() throws {
        let records = try ClaimRecords(link(), in: state)
        try records.write(record())
        let name = try #require(folder.names("state/keylink/claims").first)
        #expect(try folder.mode("state/keylink/claims/" + name) == 0o600)
        for path in ["state", "state/keylink", "state/keylink/claims"] { #expect(try folder.mode(path) == 0o700) }
        // It names neither server nor secret.
        #expect(!name.contains("AAAA") && name.count == 37)
    }

    @Test func theLinkKeyIsNowhereOnDisk() throws {
        let link = try link(key: 77)
        let records = try ClaimRecords(link, in: state)
        try records.write(record())
        let name = try #require(folder.names("state/keylink/claims").first)
        let content = try folder.content("state/keylink/claims/" + name)
        #expect(!content.contains(link.key.base64URL()))
        #expect(content.contains("keylink.example"))
    }

    @Test func twoCannotOpenOneLinkAtOnce() throws {
        do {
            let first = try ClaimRecords(link(), in: state)
            // The key does not count: it is one secret.
            #expect(throws: ClaimRecords.Busy.self) { try ClaimRecords(link(key: 2), in: state) }
            _ = try ClaimRecords(link("https://other.example"), in: state)
            try first.remove()
        }
        _ = try ClaimRecords(link(), in: state)
    }

    @Test(arguments: ["", "{", "[]", #"{"base":"b","id":"i","key":"k"}"#, "\u{0}\u{0}"])
    func aFileThatWasNeverFinishedCountsAsNone(content: String) throws {
        do { try ClaimRecords(link(), in: state).write(record()) }
        let name = try #require(folder.names("state/keylink/claims").first)
        try folder.write(content, to: "state/keylink/claims/" + name)
        #expect(try ClaimRecords(link(), in: state).read() == nil)
    }

    @Test func aShorterRecordReplacesALongerOne() throws {
        let records = try ClaimRecords(link(), in: state)
        let parameters = try Sealing([.text("x")]).parameters
        let (long, short) = try (
            #require(ClaimKey(String(repeating: "a", count: 64))), #require(ClaimKey(String(repeating: "b", count: 22)))
        )
        try records.write(ClaimRecord(base: "https://keylink.example/with/a/path", id: "i", key: long, parameters: parameters))
        let second = ClaimRecord(base: "https://k", id: "i", key: short, parameters: parameters)
        try records.write(second)
        #expect(try records.read() == second)
    }

    @Test func receiptsAreListedInOrderAndForgottenInTime() throws {
        let receipts = ReceiptRecords(in: state)
        func receipt(_ number: Int64) -> ReceiptRecord {
            ReceiptRecord(
                receiptLink: "https://k/r/\(number)", sharedAt: Timestamp(milliseconds: number * 1000),
                expiresAt: Timestamp(milliseconds: number * 1000 + 60_000), views: 1)
        }
        #expect(try receipts.list(now: Timestamp(milliseconds: 0)).isEmpty)
        for number in [3, 1, 2] { try receipts.add(receipt(Int64(number))) }
        #expect(try receipts.list(now: Timestamp(milliseconds: 0)) == [receipt(1), receipt(2), receipt(3)])
        for name in try folder.names("state/keylink/receipts") {
            #expect(try folder.mode("state/keylink/receipts/" + name) == 0o600)
        }
        try folder.write("not a receipt", to: "state/keylink/receipts/other.json")
        // A tombstone tells for seven days.
        #expect(try receipts.list(now: receipt(3).expiresAt.adding(seconds: 7 * 86_400)).count == 3)
        #expect(try receipts.list(now: receipt(2).expiresAt.adding(seconds: 8 * 86_400)) == [receipt(2), receipt(3)])
        #expect(try folder.names("state/keylink/receipts").count == 3)
    }

    @Test(
        arguments: [
            (["XDG_STATE_HOME": "/x"], "/x/keylink"), (["XDG_STATE_HOME": "relative", "HOME": "/h"], "/h/.local/state/keylink"),
            (["HOME": "/h"], "/h/.local/state/keylink"), (["XDG_STATE_HOME": ""], nil), ([:], nil),
        ] as [([String: String], String?)])
    func theFolderFollowsTheEnvironment(environment: [String: String], path: String?) {
        #expect(StateFolder(environment: environment)?.path.string == path)
    }
}
