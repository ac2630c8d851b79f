package dev.fathom.engine.cuda.memory;

import dev.fathom.engine.cuda.driver.CudaDriver;
import java.lang.foreign.MemorySegment;

/**
 * Copies between ordinary host memory and the device, through two page-locked buffers that take turns: while the
 * device reads one, the host fills the other. Asynchronous copies are only possible from page-locked memory, and
 * locking the tensors' own pages would cost more than copying them once.
 *
 * <p>An upload returns as soon as the last piece lies in a buffer: the copy itself runs in the stream's order beside
 * the host. Thread-safe.
 */
public final class Staging implements AutoCloseable {
    private static final long BYTES = 8L << 20;

    private final CudaDriver driver;
    private final long stream;
    private final Buffer[] buffers = new Buffer[2];
    private int turn;

    public Staging(CudaDriver driver, long stream) {
        this.driver = driver;
        this.stream = stream;
    }

    /** A page-locked buffer and the event after which it is free again. */
    private record Buffer(MemorySegment memory, long event) {
    }

    /** Copies host bytes to the device, in the stream's order. {@code from} may change as soon as this returns. */
    public synchronized void upload(MemorySegment from, long to) {
        for (long at = 0; at < from.byteSize(); at += BYTES) {
            long bytes = Math.min(BYTES, from.byteSize() - at);
            Buffer buffer = next();
            MemorySegment piece = buffer.memory.asSlice(0, bytes);
            piece.copyFrom(from.asSlice(at, bytes));
            driver.copyToDevice(to + at, piece, stream);
            driver.eventRecord(buffer.event, stream);
        }
    }

    /** Copies device bytes to the host once the work issued before is done. */
    public synchronized void download(long from, MemorySegment to) {
        for (long at = 0; at < to.byteSize(); at += BYTES) {
            long bytes = Math.min(BYTES, to.byteSize() - at);
            Buffer buffer = next();
            MemorySegment piece = buffer.memory.asSlice(0, bytes);
            driver.copyToHost(piece, from + at, stream);
            driver.streamSynchronize(stream);
            to.asSlice(at, bytes).copyFrom(piece);
        }
    }

    /** The buffer whose turn it is, once its last copy has passed. */
    private Buffer next() {
        turn = 1 - turn;
        if (buffers[turn] == null) {
            buffers[turn] = new Buffer(driver.hostAlloc(BYTES), driver.eventCreate());
        } else {
            driver.eventSynchronize(buffers[turn].event);
        }
        return buffers[turn];
    }

    @Override
    public synchronized void close() {
        for (int i = 0; i < buffers.length; i++) {
            if (buffers[i] != null) {
                driver.eventDestroy(buffers[i].event);
                driver.hostFree(buffers[i].memory);
                buffers[i] = null;
            }
        }
    }
}
