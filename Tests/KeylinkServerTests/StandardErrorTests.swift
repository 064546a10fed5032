import AsyncHTTPClient
import Foundation
import NIOHTTP1
import Testing

/// The log costs lines where it cannot be written, never the server.
@Suite final class StandardErrorTests {
    enum Fault: CaseIterable {
        case full, closedPipe
    }

    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func standardError(_ fault: Fault) throws -> FileHandle {
        switch fault {
        case .full: return try #require(FileHandle(forWritingAtPath: "/dev/full"))
        case .closedPipe:
            let pipe = Pipe()
            try pipe.fileHandleForReading.close()
            return pipe.fileHandleForWriting
        }
    }

    @Test(arguments: Fault.allCases)
    func servesOn(_ fault: Fault) async throws {
        let port = try await freePort()
        let output = try standardError(fault)
        let server = try ServerProcess.startMute(data: scratch.path + "/data", port: port, standardError: output)
        var status: Int?
        for _ in 0..<400 where status == nil {
            do {
                status = try await server.status(.GET, "/api/v1/limits")
            } catch {
                // Not listening yet.
                try await Task.sleep(for: .milliseconds(25))
            }
        }
        for _ in 0..<10 { #expect(try await server.status(.GET, "/api/v1/limits") == 200) }
        #expect(await server.stop(SIGTERM) == 0)
    }

    @Test(arguments: Fault.allCases)
    func aComplaintKeepsItsExitCode(_ fault: Fault) async throws {
        #expect(try await ServerProcess.runMute(["--prot", "1"], standardError: try standardError(fault)) == 64)
    }
}
