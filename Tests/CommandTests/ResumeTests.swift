import Foundation
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(3))) struct ResumeTests {
    /// 20 MB in which no two places look alike.
    static let content: [UInt8] = {
        var state: UInt64 = 1
        return (0..<20_000_000).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
    }()

    /// Shares the 20 MB and gives the link by way of the proxy.
    private func shareLarge(_ house: House, by proxy: Proxy) async throws -> String {
        try house.folder.write(Self.content, to: "work/large")
        let shared = try await house.keylink("share", "large")
        try #require(shared.status == 0, "\(shared.errors)")
        try house.folder.create("work/out")
        return shared.line.replacingOccurrences(of: house.base, with: proxy.base)
    }

    private static let cuts: [Int: Proxy.Fate] = [
        0: .cutDownload(after: 5_000_000), 1: .cutDownload(after: 1_000_000), 2: .cutDownload(after: 7_000_001),
        3: .cutDownload(after: 100),
    ]

    @Test func aDownloadThatIsCutGoesOnByItself() async throws {
        let house = try await House()
        let proxy = try Proxy(to: house.port) { Self.cuts[$0] ?? .pass }
        let link = try await shareLarge(house, by: proxy)
        let opened = try await house.keylink("open", link, in: "work/out")
        #expect(opened.status == 0)
        #expect(opened.errors == "saved large\n")
        #expect(try house.folder.bytes("work/out/large") == Self.content)
        #expect(proxy.connections >= 5)
        #expect(try house.claimRecords.isEmpty)
        #expect(try await house.keylink("open", link, in: "work/out").status == 3)
    }

    @Test func aServerThatDiesInTheMiddleOfADownloadIsWaitedFor() async throws {
        let house = try await House()
        let proxy = try Proxy(to: house.port) { $0 == 0 ? .stallDownload(after: 6_000_000) : .pass }
        let link = try await shareLarge(house, by: proxy)
        let opening = try house.start(["open", link], in: "work/out")
        try await eventually { proxy.stalled == 1 }
        try await house.restartServer()
        proxy.move(to: house.port)
        let opened = try await opening.result()
        #expect(opened.status == 0, "\(opened.errors)")
        #expect(try house.folder.bytes("work/out/large") == Self.content)
        #expect(try house.folder.names("work/out") == ["large"])
    }

    @Test func aServerThatDiesInTheMiddleOfAnUploadIsWaitedFor() async throws {
        let house = try await House()
        let proxy = try Proxy(to: house.port) { $0 == 0 ? .stallUpload(after: 6_000_000) : .pass }
        try house.folder.write(Self.content, to: "work/large")
        let sharing = try house.start(["share", "large", "--server", proxy.base])
        try await eventually { proxy.stalled == 1 }
        try await house.restartServer()
        proxy.move(to: house.port)
        let shared = try await sharing.result()
        #expect(shared.status == 0, "\(shared.errors)")
        try house.folder.create("work/out")
        #expect(try await house.keylink("open", shared.line, in: "work/out").status == 0)
        #expect(try house.folder.bytes("work/out/large") == Self.content)
    }

    @Test func aSmallSecretWhoseUploadIsCutIsSentAgain() async throws {
        let house = try await House()
        // The first connection asks for the limits and then carries a part of the body.
        let proxy = try Proxy(to: house.port) { $0 == 0 ? .cutUpload(after: 100_000) : .pass }
        let text = String(repeating: "secret ", count: 100_000)
        let shared = try await house.keylink("share", "--server", proxy.base, input: .text(text))
        #expect(shared.status == 0, "\(shared.errors)")
        #expect(proxy.connections >= 2)
        #expect(try await house.keylink("open", shared.line).text == text)
        #expect(try await house.keylink("list").text.split(separator: "\n").count == 1)
    }

    @Test func aLongInputThatIsCutSaysThatItCannotBeRepeated() async throws {
        let house = try await House()
        let proxy = try Proxy(to: house.port) { $0 == 0 ? .cutUpload(after: 2_000_000) : .pass }
        let shared = try await house.keylink("share", "--server", proxy.base, input: .bytes(Self.content))
        #expect(shared.status == 6)
        #expect(shared.output.isEmpty)
        #expect(shared.errors.contains("cannot be read again; nothing was stored"))
        #expect(try await house.keylink("list").output.isEmpty)
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP]) func anInterruptedCommandGoesOnWhenRunAgain(signal: Int32) async throws {
        let house = try await House()
        let proxy = try Proxy(to: house.port) { $0 == 0 ? .stallDownload(after: 6_000_000) : .pass }
        let link = try await shareLarge(house, by: proxy)
        let opening = try house.start(["open", link], in: "work/out")
        try await eventually { proxy.stalled == 1 }
        let partial = try #require(house.folder.names("work/out").first)
        #expect(partial.hasPrefix(".keylink-"))
        #expect(try house.folder.mode("work/out/" + partial) == 0o600)
        opening.send(signal)
        let interrupted = try await opening.result()
        #expect(interrupted.signal == signal && interrupted.status == nil)
        let hint = #/^hint: the same command opens it, without taking another view, until about \d\d:\d\d UTC\n$/#
        #expect(interrupted.errors.contains(hint))
        #expect(try house.folder.names("work/out").isEmpty)

        let record = try #require(house.claimRecords.first)
        let path = "home/.local/state/keylink/claims/" + record
        #expect(try house.folder.mode(path) == 0o600)
        let key = try #require(link.split(separator: "#").last)
        #expect(try !house.folder.content(path).contains(key))

        let stranger = try await house.keylink(
            "open", link, environment: ["XDG_STATE_HOME": house.folder.path.appending("other").string])
        #expect(stranger.status == 3 && stranger.errors.hasPrefix("error: somebody has just opened it"))

        let again = try await house.keylink("open", link, in: "work/out")
        #expect(again.status == 0, "\(again.errors)")
        #expect(try house.folder.bytes("work/out/large") == Self.content)
        #expect(try house.claimRecords.isEmpty)
    }

    @Test func twoCommandsDoNotOpenOneLinkAtOnce() async throws {
        let house = try await House()
        let proxy = try Proxy(to: house.port) { $0 == 0 ? .stallDownload(after: 6_000_000) : .pass }
        let link = try await shareLarge(house, by: proxy)
        let first = try house.start(["open", link], in: "work/out")
        try await eventually { proxy.stalled == 1 }
        let second = try await house.keylink("open", link, in: "work/out")
        #expect(second.status == 1 && second.errors == "error: another keylink is opening this link right now\n")
        first.send(SIGKILL)
        #expect(try await first.result().signal == SIGKILL)
        // What nothing could remove at that time goes with the next try; what is another's stays.
        #expect(try house.folder.names("work/out").count == 1)
        try house.folder.write("another's", to: "work/out/.keylink-0123456789abcdef.part")
        // Killed outright it could clean nothing up; the claim is remembered all the same.
        #expect(try await house.keylink("open", link, in: "work/out").status == 0)
        #expect(try house.folder.bytes("work/out/large") == Self.content)
        #expect(try house.folder.names("work/out") == [".keylink-0123456789abcdef.part", "large"])
    }

    @Test func theServersOwnEndOfAClaimEndsTheRecord() async throws {
        let house = try await House()
        let proxy = try Proxy(to: house.port) { $0 == 0 ? .stallDownload(after: 6_000_000) : .pass }
        let link = try await shareLarge(house, by: proxy)
        let receipt = try #require(await house.keylink("list").line.split(separator: "\t").last.map(String.init))
        let opening = try house.start(["open", link], in: "work/out")
        try await eventually { proxy.stalled == 1 }
        opening.send(SIGINT)
        _ = try await opening.result()
        #expect(try house.claimRecords.count == 1)
        #expect(try await house.keylink("revoke", receipt).status == 0)
        let again = try await house.keylink("open", link, in: "work/out")
        #expect(again.status == 3)
        #expect(try house.claimRecords.isEmpty)
        #expect(try house.folder.names("work/out").isEmpty)
    }
}
