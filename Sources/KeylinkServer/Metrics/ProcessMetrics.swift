import Foundation

/// What the system knows of this process and of a disk, read when somebody asks. What cannot be read is not told.
enum ProcessMetrics {
    /// By the names of the families.
    static func read() -> [String: Double] {
        var readings = ["process_start_time_seconds": startedAt]
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            readings["process_cpu_seconds_total"] = seconds(usage.ru_utime) + seconds(usage.ru_stime)
        }
        // Size and resident set, in pages.
        let pages = contents(of: "/proc/self/statm")?.split(separator: " ").dropFirst().first.flatMap { Double($0) }
        if let pages { readings["process_resident_memory_bytes"] = pages * Double(sysconf(Int32(_SC_PAGESIZE))) }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            readings["process_max_fds"] = Double(limit.rlim_cur)
        }
        do {
            // One of them is the folder's own.
            let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count - 1
            readings["process_open_fds"] = Double(open)
        } catch {
            return readings
        }
        return readings
    }

    /// The file system that holds this folder.
    static func disk(of folder: String) -> [String: Double] {
        var found = statvfs()
        guard statvfs(folder, &found) == 0 else { return [:] }
        let block = Double(found.f_frsize)
        return [
            "keylink_disk_size_bytes": Double(found.f_blocks) * block,
            "keylink_disk_free_bytes": Double(found.f_bavail) * block,
        ]
    }

    /// Read once, before anything else is measured.
    static let startedAt = Date.now.timeIntervalSince1970

    private static func contents(of path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
}
