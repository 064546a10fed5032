import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// A connection whose tasks stay on the thread that reads and writes its socket.
///
/// From another thread an answer is far ahead of its connection before it is told to wait: octets of a slow reader pile up,
/// and a revocation finds nothing left to cut. It is a thread switch less a request as well. Nothing in a handler may block
/// in return: the store works on threads of its own.
struct OnEventLoop<Connection: ServerChildChannel>: ServerChildChannel {
    let connection: Connection

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Connection.Value> {
        connection.setup(channel: channel, logger: logger)
    }

    func handle(value: Connection.Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopTaskExecutor(loop: value.channel.eventLoop)) {
            await connection.handle(value: value, logger: logger)
        }
    }
}

/// An event loop as a place where tasks prefer to run.
///
/// The loops are SwiftNIO's own for the process, which are never shut down: no job is ever turned away.
private final class EventLoopTaskExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
