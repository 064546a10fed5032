internal import Foundation
internal import KeylinkAPI
internal import KeylinkClient

/// The pages of this very version, as the command knows them.
///
/// Scripts/build-site writes SiteBuilt.swift beside this file, whose `index` goes before the standard one. A checkout in which
/// no pages were built yet compiles all the same.
enum BuiltSite: MayBeBuilt {
    /// What `site.json` says; nil in a command that was built without it.
    static func read() throws -> SiteIndex? {
        try index.map { try JSON.decode(SiteIndex.self, from: Array($0.utf8)) }
    }
}

protocol MayBeBuilt {
    static var index: String? { get }
}

extension MayBeBuilt {
    static var index: String? { nil }
}
