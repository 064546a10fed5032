internal import KeylinkAPI
internal import KeylinkClient

/// Compares what a server serves with what an index says. It asks as browsers do, one after another, each with connections of its
/// own: a server that would serve them something else has to tell them from this by something other than what they ask.
struct SiteCheck: Sendable {
    /// What is wrong, and where.
    struct Finding: Encodable, Hashable, Comparable, Sendable {
        enum Kind: String, Encodable {
            /// Other octets, or another media type.
            case differs
            /// Not served.
            case missing
            /// Named by the server, and not of this version.
            case extra
            /// A header that protects the page is missing or another, or there is one that a page never has.
            case header
        }

        let what: Kind
        /// Relative to the server's address; empty for that address itself. `…` stands for an ID or a name that was made up.
        let path: String
        let detail: String
        /// Who was served it, where not everybody was.
        var browsers: [String] = []

        static func < (one: Finding, other: Finding) -> Bool {
            (one.path, one.what.rawValue, one.detail) < (other.path, other.what.rawValue, other.detail)
        }
    }

    let index: SiteIndex
    let server: ServerAddress
    let linkPage: String?

    /// What is wrong, in the order of the paths, and the version and names that the server itself says its files have.
    ///
    /// - Throws: `ClientError` where the server cannot be reached.
    func run() async throws -> (findings: [Finding], served: SiteIndex?) {
        let plan = SitePlan(index: index, linkPage: linkPage)
        var told = Told()
        for asks in [try plan.pages(), plan.files(), plan.rest()] { try await check(asks, &told) }
        if let page = try await missingPage(plan.anyBrowser()) { try await check(plan.missing(page), &told) }
        let served = try await served(plan.anyBrowser())
        let extra = Set(served?.files.keys ?? [:].keys).subtracting(index.files.keys)
        return (told.findings() + extra.sorted().map { Finding(what: .extra, path: printable($0), detail: "") }, served)
    }

    /// Who was served what, over all requests.
    private struct Told {
        private struct Form: Hashable { let path: String, encodings: String? }
        private struct Said: Hashable { let what: Finding.Kind, path: String, detail: String }

        private var askers: [Form: Set<String>] = [:]
        private var found: [Said: (browsers: Set<String>, forms: Set<Form>)] = [:]

        mutating func add(_ ask: SiteAsk, _ problems: [SiteAnswer.Problem]) {
            let form = Form(path: ask.shown, encodings: ask.encodings)
            askers[form, default: []].insert(ask.browser.name)
            for problem in problems {
                let said = Said(what: problem.what, path: ask.shown, detail: problem.detail)
                found[said, default: ([], [])].browsers.insert(ask.browser.name)
                found[said, default: ([], [])].forms.insert(form)
            }
        }

        func findings() -> [Finding] {
            found.map { said, seen in
                let all = seen.forms.reduce(into: Set<String>()) { $0.formUnion(askers[$1] ?? []) }
                let browsers = seen.browsers == all ? [] : seen.browsers.sorted()
                return Finding(what: said.what, path: said.path, detail: said.detail, browsers: browsers)
            }.sorted()
        }
    }

    private func check(_ asks: [SiteAsk], _ told: inout Told) async throws {
        for browser in Browser.all.shuffled() {
            let own = asks.filter { $0.browser == browser }
            let checked = try await KeylinkClient.visiting(server) { try await check(own, $0) }
            for (ask, problems) in checked { told.add(ask, problems) }
        }
    }

    private func check(_ asks: [SiteAsk], _ client: KeylinkClient) async throws -> [(SiteAsk, [SiteAnswer.Problem])] {
        try await withThrowingTaskGroup(of: (SiteAsk, [SiteAnswer.Problem]).self) { group in
            var checked: [(SiteAsk, [SiteAnswer.Problem])] = []
            for (number, ask) in asks.enumerated() {
                if number >= KeylinkClient.mostAtOnce, let one = try await group.next() { checked.append(one) }
                group.addTask { (ask, try await problems(ask, client)) }
            }
            for try await one in group { checked.append(one) }
            return checked
        }
    }

    private func problems(_ ask: SiteAsk, _ client: KeylinkClient) async throws -> [SiteAnswer.Problem] {
        let first = try await file(ask, client)
        let problems = SiteAnswer(ask: ask, index: index, sent: first).problems()
        guard ask.isRepeated else { return problems }
        let tag = first.values("ETag").first
        let second = try await file(ask, client, tag: tag)
        return problems + SiteAnswer(ask: ask, index: index, sent: second).problems(isKnown: tag != nil)
    }

    private func file(_ ask: SiteAsk, _ client: KeylinkClient, tag: String? = nil) async throws -> SentFile {
        let fields = ask.browser.fields(
            for: ask.purpose, of: server, languages: ask.browser.languages(of: ask.language), encodings: ask.encodings, tag: tag)
        return try await client.file(ask.path, fields, limit: SiteAnswer.limit(ask.file))
    }

    /// The page itself, of which there are only hashes here; nil where it is not the right one, which has been found by then.
    private func missingPage(_ browser: Browser) async throws -> [UInt8]? {
        guard let file = index.files[SiteIndex.missingPage] else { return nil }
        let octets = try await fetched(SiteIndex.missingPage, browser, limit: file.size)?.octets
        return octets.flatMap { integrity($0) == file.integrity ? $0 : nil }
    }

    private func served(_ browser: Browser) async throws -> SiteIndex? {
        guard let file = try await fetched(SiteIndex.path, browser, limit: Self.longestIndex) else { return nil }
        return try? JSON.decode(SiteIndex.self, from: file.octets)
    }

    private func fetched(_ path: String, _ browser: Browser, limit: Int) async throws -> SentFile? {
        let fields = browser.fields(for: .fetch, of: server, languages: browser.languages(of: "en"), encodings: "identity")
        let file = try await KeylinkClient.visiting(server) { try await $0.file(path, fields, limit: limit) }
        return file.status == 200 && file.octets.count <= limit ? file : nil
    }

    private static let longestIndex = 1 << 20
}
