package dev.fathom.models.depthanything;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.dinov2.VitConfig;
import dev.fathom.models.dpt.DptConfig;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A tiny network that runs on a thread of its own while a program still opens its files, so that java has compiled the
 * cpu's kernels when the first picture comes.
 *
 * <p>Why: until the JIT compiler has a kernel, every vector in it is an object on the heap, and at a real network's
 * sizes a single call then takes longer than the whole network does afterwards. Tiny calls are cheap even so, and the
 * compiler counts calls and loops, not seconds ({@code tools/jvm.args} makes it begin early for the kernels). Nothing
 * that is computed here is ever used.
 */
public final class Rehearsal implements AutoCloseable {
    /** Four blocks, one head of 64 channels as in every encoder, and maps whose channels fill whole vectors. */
    private static final ModelConfig TINY = new ModelConfig(new VitConfig(70, 14, 64, 4, 1, VitConfig.Ffn.MLP),
            List.of(0, 1, 2, 3), new DptConfig(16, List.of(16, 32, 48, 64), false, false));
    /** Pixels a side: 5 x 5 patches fill whole tiles and leave tails, and the decoder's maps are large enough. */
    private static final int SIDE = 70;
    /** By then the compiler knows all it needs; what it has not compiled yet it does beside the real network. */
    public static final int PASSES = 20;
    private static final AtomicBoolean DONE = new AtomicBoolean();

    private final Thread thread;
    private volatile boolean stopped;
    private volatile int passes;
    private volatile RuntimeException failure;

    private Rehearsal(boolean needed) {
        thread = needed ? Thread.ofPlatform().daemon().name("fathom-rehearsal").start(this::run) : null;
    }

    /** Starts it, once a process and for the cpu alone: another device's kernels are not java's to compile. */
    public static Rehearsal startFor(Device device) {
        return new Rehearsal(device.equals(Device.CPU) && DONE.compareAndSet(false, true));
    }

    /** Starts it in any case. */
    public static Rehearsal start() {
        return new Rehearsal(true);
    }

    /** How many passes it has run so far. */
    public int passes() {
        return passes;
    }

    private void run() {
        try (MemoryScope scope = MemoryScope.open("rehearsal"); GradMode.Scope off = GradMode.noGrad()) {
            DepthAnythingV2 network = new DepthAnythingV2(TINY, new DepthHead.Relative());
            network.parameters().initialise(1);
            float[] picture = new float[SIDE * SIDE * 3];
            for (int i = 0; i < picture.length; i++) {
                picture[i] = i % 7 - 3;
            }
            Tensor x = Tensors.of(picture, 1, SIDE, SIDE, 3);
            while (passes < PASSES && !stopped) {
                try (MemoryScope pass = MemoryScope.open("rehearsed pass")) {
                    network.forward(x);
                }
                passes++;
            }
        } catch (RuntimeException e) {
            failure = e;
        }
    }

    /** Ends it after the pass that it is in, and waits for that. */
    @Override
    public void close() {
        stopped = true;
        boolean interrupted = false;
        while (thread != null && thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (failure != null) {
            throw failure;
        }
    }
}
