package dev.fathom.engine.cuda.emulated;

import dev.fathom.engine.cuda.driver.CudaException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The work issued to the emulated device. One queue for all streams: the order in which work was issued is an order in
 * which a real device may run it.
 *
 * <p>Three states: at once (work runs when it is issued), lazy (when somebody waits), capturing (it is recorded in a
 * graph). Guarded by its driver.
 */
final class WorkQueue {
    private final boolean lazy;
    private final Deque<Runnable> waiting = new ArrayDeque<>();
    /** What is being captured, or null. */
    private List<Runnable> graph;
    /** The failure after which nothing runs any more. */
    private RuntimeException lost;

    WorkQueue(boolean lazy) {
        this.lazy = lazy;
    }

    void issue(Runnable work) {
        requireAlive();
        if (graph != null) {
            graph.add(work);
        } else if (lazy) {
            waiting.add(work);
        } else {
            work.run();
        }
    }

    /** Runs what waits. */
    void drain(String call) {
        requireAlive();
        if (graph != null) {
            throw new CudaException(call + ": CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED (900): waiting is not possible while "
                    + "a stream is captured");
        }
        while (!waiting.isEmpty()) {
            Runnable next = waiting.poll();
            try {
                next.run();
            } catch (RuntimeException e) {
                lost = e;
                waiting.clear();
                requireAlive();
            }
        }
    }

    /** After a failure of queued work every call fails, as with a real context. */
    void requireAlive() {
        if (lost != null) {
            throw new CudaException("the emulated device is lost since work issued earlier failed; run with "
                    + "--debug-sync to see which operation it was: " + lost.getMessage(), true, lost);
        }
    }

    boolean isLost() {
        return lost != null;
    }

    boolean isCapturing() {
        return graph != null;
    }

    void beginCapture() {
        requireAlive();
        if (graph != null) {
            throw new CudaException("cuStreamBeginCapture: CUDA_ERROR_ILLEGAL_STATE (401): a capture is under way");
        }
        graph = new ArrayList<>();
    }

    List<Runnable> endCapture() {
        if (graph == null) {
            throw new CudaException("cuStreamEndCapture: CUDA_ERROR_ILLEGAL_STATE (401): no capture is under way");
        }
        List<Runnable> captured = List.copyOf(graph);
        graph = null;
        return captured;
    }
}
