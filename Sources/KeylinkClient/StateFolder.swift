package import SystemPackage

/// Where this user's receipts and unfinished claims are kept: `$XDG_STATE_HOME/keylink`, or `~/.local/state/keylink`.
package struct StateFolder: Sendable {
    package let path: FilePath

    package init(_ path: FilePath) {
        self.path = path
    }

    /// - Returns: nil where the environment names no home. A relative XDG path is ignored, as its specification asks.
    package init?(environment: [String: String]) {
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
            path = FilePath(state).appending("keylink")
        } else if let home = environment["HOME"], home.hasPrefix("/") {
            path = FilePath(home).appending(".local/state/keylink")
        } else {
            return nil
        }
    }

    var claims: FilePath { path.appending("claims") }
    var receipts: FilePath { path.appending("receipts") }
}
