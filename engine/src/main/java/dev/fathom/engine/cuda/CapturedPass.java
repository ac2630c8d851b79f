package dev.fathom.engine.cuda;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.cuda.memory.Pool;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.errors.DeviceException;
import dev.fathom.engine.memory.MemoryScope;
import java.util.List;
import java.util.function.Supplier;

/**
 * A pass over tensors of fixed shapes and places, captured once as a CUDA Graph and then replayed with one call: the
 * hundred launches of a forward pass cost the host as much as one.
 *
 * <pre>{@code
 * Tensor image = Tensor.allocate(spec, device);                    // stays where it is
 * CapturedPass pass = CapturedPass.of(device, () -> List.of(model.forward(image)));
 * image.copyFrom(pixels);
 * float[] depth = pass.replay().get(0).toFloats();
 * }</pre>
 *
 * <p>What the pass reads (inputs, weights) must stay where it is as long as the pass lives; its content may change. The
 * results are the same tensors after every replay, in the scope that was innermost at capture. Memory that the pass
 * used in between is reserved for it until {@link #close()}.
 *
 * <p>The pass must not read results on the host nor upload anything; doing so is refused with a sentence.
 */
public final class CapturedPass implements AutoCloseable {
    private final CudaDevice cuda;
    private final Pool pool;
    private final long executable;
    private final List<Tensor> results;
    private boolean closed;

    private CapturedPass(CudaDevice cuda, Pool pool, long executable, List<Tensor> results) {
        this.cuda = cuda;
        this.pool = pool;
        this.executable = executable;
        this.results = results;
    }

    /** Whether a device can capture. */
    public static boolean isPossibleOn(Device device) {
        return !device.isHost() && Backends.of(device) instanceof CudaBackend;
    }

    /**
     * Runs the pass once as it is, so that modules, tables and algorithms are ready, and once more to capture it.
     *
     * @param pass makes the results; called twice, with the innermost scope as parent of one of its own
     */
    public static CapturedPass of(Device device, Supplier<List<Tensor>> pass) {
        if (!(Backends.of(device) instanceof CudaBackend backend)) {
            throw new DeviceException("a pass can be captured on a GPU, not on " + device);
        }
        CudaDevice cuda = backend.cuda();
        try (MemoryScope warm = MemoryScope.open("warm-up")) {
            pass.get();
        }
        cuda.synchronize();
        Pool pool = cuda.allocator().beginPool();
        List<Tensor> results;
        long graph;
        try {
            results = captured(cuda, pass);
            graph = cuda.endCapture();
        } catch (RuntimeException | Error e) {
            cuda.abandonCapture(e);
            cuda.allocator().endPool();
            cuda.allocator().close(pool);
            throw e;
        }
        cuda.allocator().endPool();
        long executable = cuda.driver().graphInstantiate(graph);
        cuda.driver().graphDestroy(graph);
        return new CapturedPass(cuda, pool, executable, results);
    }

    private static List<Tensor> captured(CudaDevice cuda, Supplier<List<Tensor>> pass) {
        cuda.beginCapture();
        try (MemoryScope scope = MemoryScope.open("capture")) {
            List<Tensor> results = List.copyOf(pass.get());
            results.forEach(scope::keep);
            return results;
        }
    }

    /** Runs the pass on what its inputs hold now. Returns the same tensors every time. */
    public List<Tensor> replay() {
        if (closed) {
            throw new DeviceException("this captured pass is closed");
        }
        cuda.driver().graphLaunch(executable, cuda.stream());
        return results;
    }

    /** What {@link #replay} returns. */
    public List<Tensor> results() {
        return results;
    }

    /** Gives the memory of the pass back; results that are still in a scope stay readable there. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            cuda.driver().graphExecDestroy(executable);
            cuda.allocator().close(pool);
        }
    }
}
