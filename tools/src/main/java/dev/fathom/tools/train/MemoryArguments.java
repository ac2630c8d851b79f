package dev.fathom.tools.train;

import dev.fathom.engine.Device;
import dev.fathom.engine.cuda.CudaBackend;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.HostAllocator;
import dev.fathom.engine.memory.MachineMemory;
import dev.fathom.engine.memory.ResidentMemory;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.memory.MemoryAdvice;
import dev.fathom.training.memory.RunForecast;
import dev.fathom.training.memory.StepMemory;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** How much memory a run may take, and what is done about it before its first step. */
final class MemoryArguments {
    private static final Pattern SIZE = Pattern.compile("(\\d{1,12})([kmgt]?)b?");
    private static final String UNITS = "kmgt";

    @Option(names = "--memory-limit", paramLabel = "BYTES",
            description = "The run may take no more than this, such as 6g or 800m: of the machine's memory or, on a GPU,"
                    + " of the GPU's (default: what is free).")
    private String limit;

    @Option(names = "--memory-check", negatable = true, defaultValue = "true", fallbackValue = "true",
            description = "Refuse a run whose memory would not suffice, before it begins (default: on).")
    private boolean check;

    /**
     * The limit in bytes; the largest long if there is none.
     *
     * @throws FathomException if the word is no number of bytes
     */
    long limitBytes() {
        if (limit == null) {
            return Long.MAX_VALUE;
        }
        Matcher matcher = SIZE.matcher(limit.strip().toLowerCase(Locale.ROOT));
        if (!matcher.matches() || Long.parseLong(matcher.group(1)) == 0) {
            throw new FathomException("--memory-limit is " + limit + ", but must be a number of bytes such as 6g, 800m or"
                    + " 2000000000.");
        }
        String unit = matcher.group(2);
        int power = unit.isEmpty() ? 0 : UNITS.indexOf(unit) + 1;
        return Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << 10 * power);
    }

    /**
     * Chooses the batch if that is wished, says what the run will need, and refuses it if there is not so much.
     *
     * @param batch of which {@code --bs auto} is settled here
     * @param threads of the loader
     * @return the plan, with the chosen batch
     * @throws FathomException with numbers and advice if it does not fit
     */
    StepMemory.Plan settle(StepMemory.Plan plan, BatchArguments batch, Device device, int threads,
            DepthDataset training, PrintWriter out) {
        if (device.isHost() && !HostAllocator.canPretend()) {
            if (batch.isAuto()) {
                throw new FathomException("--bs auto cannot tell how much memory a step takes on "
                        + System.getProperty("os.name") + "; expected Linux: give a number.");
            }
            return plan;
        }
        long framePixels = training.pixelsOfFirstUsable(DepthDataset.LOOKS);
        // Each forecast adds a little to what this process holds, so all of them begin from the first one's look at it.
        RunForecast first = RunForecast.of(plan, device, threads, framePixels);
        Function<StepMemory.Plan, RunForecast> forecast = p -> p.equals(plan) ? first
                : RunForecast.of(p, device, threads, framePixels).withProgram(first.program());
        long usable = usable(device);
        MemoryAdvice advice = new MemoryAdvice(forecast, usable, limit != null && usable == limitBytes()
                ? "--memory-limit" : device.isHost() ? "this machine" : device.toString());
        StepMemory.Plan settled = plan;
        if (batch.isAuto()) {
            int chosen = advice.largestBatch(plan, training.size());
            batch.choose(chosen);
            settled = plan.withBatch(chosen);
            out.println("--bs auto: " + chosen + (chosen == 1 ? " picture" : " pictures") + " a step, of "
                    + RunForecast.bytes(usable) + "; the recipe depends on this machine now, so " + "config.yaml names"
                    + " the number");
        }
        RunForecast needed = forecast.apply(settled);
        if (check) {
            advice.check(settled, needed);
            enforce(device, needed);
        }
        out.println("memory: " + needed.words());
        return settled;
    }

    private long usable(Device device) {
        long free = device.isHost() ? MachineMemory.ofThisMachine().availableBytes() + ResidentMemory.bytes().orElse(0)
                : Backends.of(device).availableBytes();
        return Math.min(free, limitBytes());
    }

    /** A limit that somebody has set holds even if the forecast should be wrong. */
    private void enforce(Device device, RunForecast needed) {
        if (limit == null) {
            return;
        }
        long others = needed.total() - needed.step().reserved();
        if (Backends.of(device) instanceof CudaBackend gpu) {
            gpu.cuda().allocator().limit(limitBytes());
        } else {
            HostAllocator.shared().limit(limitBytes() - others);
        }
    }
}
