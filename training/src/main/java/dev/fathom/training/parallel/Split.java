package dev.fathom.training.parallel;

import dev.fathom.engine.Device;
import dev.fathom.engine.errors.FathomException;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How the batch of a step is shared out: contiguously and as equally as possible among the devices, and each device's share
 * among the parts that it runs one after another. What a step means does not depend on it: losses and gradients are those
 * of the whole batch, but for the order in which float32 numbers are added.
 *
 * @param accumulate parts a device runs one after another, at least 1
 * @param devices where workers compute, one each; none for one worker where the model is. Several of one kind: processors,
 * of which there may be many, or GPUs, each of them once
 */
public record Split(int accumulate, List<Device> devices) {
    /** Each batch in one piece, where the model is. */
    public static final Split WHOLE = new Split(1, List.of());

    /** @throws FathomException if it cannot be; the sentence names the command line's option */
    public Split {
        devices = List.copyOf(devices);
        if (accumulate < 1) {
            throw new FathomException("--accumulate is " + accumulate + ", but must be at least 1.");
        }
        if (devices.stream().map(Device::kind).distinct().count() > 1) {
            throw new FathomException("--devices names devices of different kinds, " + named(devices)
                    + ", but the workers of one training must be alike.");
        }
        List<Device> once = devices.stream().filter(d -> !d.isHost()).toList();
        if (once.stream().distinct().count() < once.size()) {
            throw new FathomException("--devices names one GPU twice, " + named(devices)
                    + ", but a GPU takes one worker; only the processor takes several (cpu*2).");
        }
    }

    private static String named(List<Device> devices) {
        return devices.stream().map(Device::toString).collect(Collectors.joining(", "));
    }

    /** The same with other devices. */
    public Split on(List<Device> others) {
        return new Split(accumulate, others);
    }

    /** How many workers. */
    public int workers() {
        return Math.max(1, devices.size());
    }

    /** Parts of a batch in all. */
    public int parts() {
        return workers() * accumulate;
    }

    /** Whether a batch is one piece. */
    public boolean isWhole() {
        return parts() == 1;
    }

    /**
     * Pictures in the largest part of a batch: what memory must be there for.
     *
     * @param batchSize pictures a step
     */
    public int largestPart(int batchSize) {
        int share = (batchSize + workers() - 1) / workers();
        return (share + accumulate - 1) / accumulate;
    }

    /**
     * @param batchSize pictures a step
     * @throws FathomException if those are fewer than the parts
     */
    public void check(int batchSize) {
        if (batchSize < parts()) {
            String fewer = accumulate == 1 ? "" : workers() == 1 ? " or a smaller --accumulate" : ", a smaller --accumulate";
            throw new FathomException("--bs is " + batchSize + ", but " + this + (workers() == 1 ? " needs" : " need") + " at least " + parts()
                    + " pictures; give a larger --bs" + fewer + (workers() == 1 ? "" : " or fewer --devices") + ".");
        }
    }

    /** For a person: {@code 2 devices (cpu, cpu) with 3 parts each}. */
    @Override
    public String toString() {
        String who = workers() == 1 ? "1 device" : workers() + " devices (" + named(devices) + ")";
        return who + (accumulate == 1 ? "" : " with " + accumulate + " parts" + (workers() == 1 ? "" : " each"));
    }
}
