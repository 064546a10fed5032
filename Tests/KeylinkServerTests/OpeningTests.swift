import AsyncHTTPClient
import Foundation
import KeylinkAPI
import KeylinkServer
import NIOCore
import NIOHTTP1
import Sodium
import SystemPackage
import Testing

/// From creating to gone, over a socket.
@Suite struct OpeningTests {
    @Test(arguments: [97, 1000, 65_536, 65_537, 1_000_000])
    func aSecretGoesAllTheWay(_ size: Int) async throws {
        try await LiveServer.run { (server) async throws in
            let sample = Sample(size: size)
            let created = try await server.send(
                .POST, "/api/v1/secrets?ttl=600&views=1", sample.headers, body: .bytes(sample.envelope))
            #expect(created.status == 201)
            let id = try #require(SecretID(try created.json(Created.self).id))
            #expect(created.headers.first(name: "location") == Route.secret(id).path)
            #expect(try created.json(Created.self).expiresAt == server.clock.now().adding(seconds: 600))

            let look = try await server.send(.GET, Route.secret(id).path, bearer(sample.link))
            #expect(look.headers.first(name: "cache-control") == "no-store")
            #expect(try look.json(Look.self).parameters == Base64URL.encode(Array(sample.envelope[..<48])))
            #expect(try look.json(Look.self).size == Int64(size))

            let claim = sample.claim()
            let taken = try await server.send(.POST, Route.claim(id).path, claim)
            #expect(taken.status == 200)
            #expect(taken.body == sample.envelope)
            for (name, value) in [
                ("content-type", "application/octet-stream"), ("content-length", "\(size)"), ("accept-ranges", "bytes"),
                ("cache-control", "no-store, no-transform"), ("content-security-policy", "sandbox"),
                ("x-content-type-options", "nosniff"),
            ] { #expect(taken.headers[name] == [value]) }
            #expect(taken.headers["content-encoding"] == [])

            #expect(try await server.send(.DELETE, Route.claim(id).path, claim).status == 204)
            #expect(try server.leftovers(of: sample.envelope) == [])
            let gone = try await server.send(.GET, Route.secret(id).path, bearer(sample.link))
            #expect(gone.code == "opened")
            #expect(try gone.json(Problem.self).at == server.clock.now())
            let receipt = try await server.receipt(id, sample)
            #expect(receipt.state == .opened)
            #expect(receipt.events.map(\.what) == [.created, .claimed, .acknowledged])
        }
    }

    /// One claim many times at once, as of a client that gave up waiting and asks again: each newer answer cuts the older, some of
    /// them before they began, and none says that the claim has ended.
    @Test(arguments: [1000, 100_000])
    func theSameClaimManyTimesAtOnce(_ size: Int) async throws {
        try await LiveServer.run { (server) async throws in
            let sample = Sample(size: size)
            let id = try await server.create(sample)
            let claim = sample.claim()
            for _ in 0..<20 {
                let statuses = await withTaskGroup(of: Int?.self) { tasks in
                    for _ in 0..<16 {
                        tasks.addTask { try? await server.send(.POST, Route.claim(id).path, claim).status }
                    }
                    return await tasks.reduce(into: [Int?]()) { $0.append($1) }
                }
                #expect(statuses.allSatisfy { $0 == nil || $0 == 200 }, "nil: cut")
                #expect(statuses.contains(200))
            }
        }
    }

    static let rangeTable: [(String, Int, Range<Int>?)] = [
        ("bytes=0-99", 206, 0..<100), ("bytes=70000-", 206, 70_000..<100_000), ("bytes=-5", 206, 99_995..<100_000),
        ("bytes=65530-65545", 206, 65_530..<65_546), ("bytes=0-1,5-6", 200, 0..<100_000), ("octets=1-2", 200, 0..<100_000),
        ("bytes=100000-", 416, nil),
    ]

    @Test(arguments: rangeTable)
    func ranges(_ header: String, _ status: Int, _ octets: Range<Int>?) async throws {
        try await LiveServer.run { (server) async throws in
            let sample = Sample(size: 100_000)
            let id = try await server.create(sample)
            let claim = sample.claim()
            // On POST a range is ignored: a claim always starts from the beginning.
            let taken = try await server.send(.POST, Route.claim(id).path, claim.merging(["Range": header]) { $1 })
            #expect(taken.status == 200 && taken.body.count == 100_000)
            let part = try await server.send(.GET, Route.claim(id).path, claim.merging(["Range": header]) { $1 })
            #expect(part.status == status)
            // On HEAD too: only GET has ranges.
            let headOnly = try await server.send(.HEAD, Route.claim(id).path, claim.merging(["Range": header]) { $1 })
            #expect(headOnly.status == 200 && headOnly.body.isEmpty)
            #expect(headOnly.headers["content-range"] == [])
            #expect(headOnly.headers["content-length"] == ["100000"])
            if let octets {
                #expect(part.body == Array(sample.envelope[octets]))
                let said = status == 206 ? ["bytes \(octets.lowerBound)-\(octets.upperBound - 1)/100000"] : []
                #expect(part.headers["content-range"] == said)
            } else {
                #expect(part.code == "range")
                #expect(part.headers["content-range"] == ["bytes */100000"])
            }
            let whole = try await server.send(
                .GET, Route.claim(id).path, claim.merging(["Range": header, "If-Range": "x"]) { $1 })
            #expect(whole.status == 200 && whole.body == sample.envelope)
        }
    }

    /// Of 64 at once exactly as many keys as there are views ever receive an octet.
    @Test(arguments: [1, 3])
    func sixtyFourClaimsAtOnce(_ views: Int) async throws {
        try await LiveServer.run { (server) async throws in
            let sample = Sample(size: 70_000)
            let id = try await server.create(sample, query: "?views=\(views)")
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<64 {
                    let claim = sample.claim()
                    group.addTask { try await server.send(.POST, Route.claim(id).path, claim) }
                }
                return try await group.reduce(into: [Answer]()) { $0.append($1) }
            }
            #expect(answers.count { $0.status == 200 && $0.body == sample.envelope } == views)
            #expect(answers.count { $0.code == "claimed" } == 64 - views)
            let receipt = try await server.receipt(id, sample)
            #expect(receipt.viewsLeft == 0)
            #expect(receipt.events.count { $0.what == .claimed } == views)
        }
    }

    /// Cut in the middle of 20 MB it goes on from where it was, in the middle of a box too; a stranger in between gets nothing.
    @Test func aBrokenDownloadGoesOn() async throws {
        try await LiveServer.run { (server) async throws in
            let sample = Sample(size: 20_000_000)
            let id = try await server.create(sample)
            let claim = sample.claim()
            let request = head("POST", Route.claim(id).path, claim)
            let received = try await RawConnection.read(7_654_321, of: request, from: server.port)
            let start = try #require(Data(received).range(of: Data("\r\n\r\n".utf8))?.upperBound)
            let octets = Array(received[start...].prefix(7_000_003))
            #expect(octets == Array(sample.envelope[..<octets.count]))

            let stranger = try await server.send(.POST, Route.claim(id).path, sample.claim())
            #expect(stranger.status == 410 && stranger.code == "claimed")

            let rest = try await server.send(
                .GET, Route.claim(id).path, claim.merging(["Range": "bytes=\(octets.count)-"]) { $1 })
            #expect(rest.status == 206)
            #expect(octets + rest.body == sample.envelope)
            #expect(try await server.send(.DELETE, Route.claim(id).path, claim).status == 204)
            #expect(try server.envelopeFiles == [])
        }
    }

    /// The answer was lost: the same key again, and no second view is taken.
    @Test func aClaimWhoseAnswerWasLost() async throws {
        try await LiveServer.run { (server) async throws in
            let sample = Sample(size: 500_000)
            let id = try await server.create(sample, query: "?views=2")
            let claim = sample.claim()
            _ = try await RawConnection.send(
                [Array(head("POST", Route.claim(id).path, claim).utf8)], to: server.port, end: .abort)
            // Until the server has seen it: of two answers under one key the newer goes on, and that should be ours.
            while try await server.receipt(id, sample).viewsLeft == 2 {}
            let again = try await server.send(.POST, Route.claim(id).path, claim)
            #expect(again.body == sample.envelope)
            #expect(try await server.receipt(id, sample).viewsLeft == 1)
        }
    }

    @Test func revokingCutsARunningDownload() async throws {
        try await LiveServer.run { (server) async throws in
            let sample = Sample(size: 20_000_000)
            let id = try await server.create(sample)
            let channel = try await RawConnection.connect(to: server.port)
            let count = try await channel.executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(string: head("POST", Route.claim(id).path, sample.claim())))
                var count = 0
                var iterator = inbound.makeAsyncIterator()
                count += try await iterator.next()?.readableBytes ?? 0
                #expect(try await server.send(.DELETE, Route.secret(id).path, bearer(sample.receipt)).status == 204)
                #expect(try server.leftovers(of: sample.envelope) == [])
                do {
                    while let buffer = try await iterator.next() { count += buffer.readableBytes }
                } catch {
                    // Cut off, one way or the other.
                }
                return count
            }
            #expect(count > 0 && count < 20_000_000)
            #expect(try await server.send(.GET, Route.secret(id).path, bearer(sample.link)).code == "revoked")
        }
    }

    @Test func aNewerDownloadCutsTheOlder() async throws {
        try await LiveServer.run { (server) async throws in
            let sample = Sample(size: 20_000_000)
            let id = try await server.create(sample)
            let claim = sample.claim()
            let older = try await RawConnection.connect(to: server.port)
            let count = try await older.executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(string: head("POST", Route.claim(id).path, claim)))
                var iterator = inbound.makeAsyncIterator()
                var count = try await iterator.next()?.readableBytes ?? 0
                let newer = try await server.send(.GET, Route.claim(id).path, claim)
                #expect(newer.body == sample.envelope)
                do {
                    while let buffer = try await iterator.next() { count += buffer.readableBytes }
                } catch {
                    // Cut off, one way or the other.
                }
                return count
            }
            #expect(count < 20_000_000)
        }
    }

    /// It has no octets to give, so it takes none from anybody.
    @Test func aRangeBeyondTheEndCutsNothing() async throws {
        try await LiveServer.run { (server) async throws in
            let sample = Sample(size: 20_000_000)
            let id = try await server.create(sample)
            let claim = sample.claim()
            let running = try await RawConnection.connect(to: server.port)
            let received = try await running.executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(string: head("POST", Route.claim(id).path, claim)))
                var iterator = inbound.makeAsyncIterator()
                var received = try await iterator.next()?.readableBytes ?? 0
                let beyond = claim.merging(["Range": "bytes=20000000-"]) { $1 }
                #expect(try await server.send(.GET, Route.claim(id).path, beyond).code == "range")
                while received < 20_000_000, let buffer = try await iterator.next() { received += buffer.readableBytes }
                return received
            }
            #expect(received >= 20_000_000)
        }
    }

    @Test func aLapsedLeaseIsGoneForItsHolderToo() async throws {
        try await LiveServer.run { (server) async throws in
            let sample = Sample(size: 100_000)
            let id = try await server.create(sample)
            let claim = sample.claim()
            _ = try await server.send(.POST, Route.claim(id).path, claim)
            server.clock.advance(seconds: 299)
            #expect(try await server.send(.GET, Route.claim(id).path, claim).status == 200)
            server.clock.advance(seconds: 300)
            let ended = try await server.send(.GET, Route.claim(id).path, claim)
            #expect(ended.code == "lease-ended")
            #expect(try ended.json(Problem.self).state == .opened)
            #expect(try server.leftovers(of: sample.envelope) == [])
        }
    }
}
