package dev.fathom.training.memory;

import dev.fathom.engine.Device;
import dev.fathom.engine.memory.HostAllocator;
import dev.fathom.engine.memory.ResidentMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a run will take at its highest point, before its first step.
 *
 * <p>The step is counted ({@link StepMemory}). What the program takes beside it is partly there already, and is looked at;
 * what will come, machine code and the heap that the loader fills, is known by experience: on the processor the whole is
 * within a tenth of the largest resident memory that Linux notes for the process (a test holds it to that).
 *
 * @param step what it takes of its device
 * @param loader bytes of prepared batches and of frames in work, on the heap
 * @param program bytes of everything else of this process
 */
public record RunForecast(StepMemory step, long loader, long program) {
    /** A batch's pictures, depths and mask: four floats and a byte a pixel. */
    private static final int BYTES_PER_PIXEL = 17;
    /** Prepared batches wait in the queue, one is in use, and the collector lets one or two more lie. */
    private static final int BATCHES_BEYOND = 3;
    /** What one loader thread holds of a frame: bytes read, planes, picture, depths, and what augmentation makes. */
    private static final int FRAME_BYTES_PER_PIXEL = 24;
    /**
     * Machine code, the compilers' own memory, classes, small heap: what a run adds to a fresh process, measured. After
     * a single step it is half as much, after some epochs a little more.
     */
    private static final long STILL_TO_COME = 120L << 20;

    /**
     * The forecast for a run.
     *
     * @param device where the step will run
     * @param threads of the loader
     * @param framePixels of the data set's frames, about
     */
    public static RunForecast of(StepMemory.Plan plan, Device device, int threads, long framePixels) {
        StepMemory step = StepMemory.of(plan, device);
        long side = plan.options().batch().inputSize();
        long batch = BYTES_PER_PIXEL * side * side * plan.options().batch().size();
        int ahead = plan.options().batch().loader(0, threads).ahead();
        long loader = batch * (ahead + BATCHES_BEYOND) + threads * FRAME_BYTES_PER_PIXEL * framePixels;
        long now = ResidentMemory.bytes().orElse(Runtime.getRuntime().totalMemory())
                - HostAllocator.shared().stats().reservedBytes();
        return new RunForecast(step, loader, Math.max(0, now) + STILL_TO_COME);
    }

    /** The same with another measure of the program. */
    public RunForecast withProgram(long bytes) {
        return new RunForecast(step, loader, bytes);
    }

    /** Bytes of the device: on the processor, of the whole process. */
    public long total() {
        return step.device().isHost() ? step.total() + loader + program : step.total();
    }

    /** {@code about 1.3 GB: weights 99 MB, gradients 99 MB, ...}, largest first. */
    public String words() {
        record Part(String name, long bytes) {
        }
        List<Part> parts = new ArrayList<>(List.of(new Part("weights", step.weights()),
                new Part("optimiser", step.moments()), new Part("moving average", step.average()),
                new Part("gradients", step.gradients()), new Part("activations", step.activations()),
                new Part("kernels", step.kernels())));
        if (step.device().isHost()) {
            parts.add(new Part("loader", loader));
            parts.add(new Part("program", program));
        }
        StringBuilder words = new StringBuilder("about ").append(bytes(total())).append(':');
        String separator = " ";
        for (Part part : parts) {
            if (part.bytes > 0) {
                words.append(separator).append(part.name).append(' ').append(bytes(part.bytes));
                separator = ", ";
            }
        }
        return words.toString();
    }

    /** {@code 340 MB}, {@code 1.3 GB}: powers of ten. */
    public static String bytes(long bytes) {
        return bytes < 999_500_000 ? String.format(Locale.ROOT, "%.0f MB", bytes * 1e-6)
                : String.format(Locale.ROOT, "%.1f GB", bytes * 1e-9);
    }
}
