#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// How many files, connections among them, this process may have open.
enum OpenFiles {
    /// Raises the limit as far as the system lets this process: what is left to the administrator is the hard limit.
    static func raiseLimit() {
        guard var limits = current else { return }
        limits.rlim_cur = limits.rlim_max
        // A system that refuses leaves it as it was, and `mostConnections` goes by what it is.
        _ = setrlimit(resource, &limits)
    }

    /// So many connections fit: each may need a file for an upload or a download as well, and some files are the server's own.
    static var mostConnections: Int {
        let limit = current.map { Int(clamping: UInt64($0.rlim_cur)) } ?? 1024
        return max(1, (limit - 64) / 2)
    }

    private static var current: rlimit? {
        var limits = rlimit()
        return getrlimit(resource, &limits) == 0 ? limits : nil
    }

    #if canImport(Glibc)
    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
    private static let resource = RLIMIT_NOFILE
    #endif
}
