package dev.fathom.models.depthanything;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.dinov2.VitConfig;
import dev.fathom.models.image.NetworkSize;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/**
 * How much memory a forward pass will take, before it is tried: a strip of 100 x 10,000 pixels becomes a million tokens, and a refusal with
 * advice is better than an hour of swapping.
 *
 * @param activations bytes of tensors at the highest point of one inference pass of batch 1
 * @param weights bytes of the parameters
 */
public record MemoryForecast(long activations, long weights) {
    private static final double USABLE = 0.85;

    /** The forecast for one picture at a network size. */
    public static MemoryForecast of(DepthAnythingV2 model, NetworkSize size) {
        return new MemoryForecast(activations(model.config(), size), 4 * model.parameters().parameterCount());
    }

    private static long activations(ModelConfig config, NetworkSize size) {
        VitConfig vit = config.vit();
        double h = (double) size.height() / vit.patch();
        double w = (double) size.width() / vit.patch();
        double f = config.dpt().features();
        double tokens = 1 + h * w;
        double hidden = vit.ffn() == VitConfig.Ffn.MLP ? 4 * vit.dim() : 3.0 * vit.swigluHidden();
        // One block holds x, both norms, qkv, attention, both branches scaled and unscaled, the sum, the hidden layer; and up to four taps.
        double encoder = tokens * (16.0 * vit.dim() + hidden);
        double pixels = h * w * vit.patch() * vit.patch();
        // The last fusion: the finest maps at 4h x 4w and their enlargement to 8h x 8w, with all taps still held.
        double fusion = 4 * tokens * vit.dim() + 16 * h * w * f * 7 + 64 * h * w * f;
        // Reading out: F/2 channels at 8h x 8w, then at full size, then 32 channels and 1.
        double readout = 4 * tokens * vit.dim() + 64 * h * w * f * 1.5 + pixels * (f / 2 + 32 + 3);
        double floats = Math.max(encoder, Math.max(fusion, readout)) + 3 * pixels;
        return (long) (4 * floats);
    }

    public long total() {
        return activations + weights;
    }

    /**
     * Refuses what this machine cannot hold.
     *
     * @param what the picture, for the message: {@code The picture a.jpg}
     * @throws FathomException with the numbers and what to do
     */
    public void requireFits(String what, NetworkSize size) {
        long usable = usableBytes();
        if (total() > usable) {
            throw new FathomException(String.format(Locale.ROOT, "%s would be %d x %d pixels (%,d tokens) for the network and take about %,d MiB of memory, "
                    + "of which this machine can give %,d MiB; crop the picture, or use a smaller --input-size or encoder.",
                    what, size.width(), size.height(), size.patches(), total() >> 20, usable >> 20));
        }
    }

    /** Memory for tensors: this machine's (or container's) less the heap's limit. */
    public static long usableBytes() {
        var os = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return (long) (os.getTotalMemorySize() * USABLE) - Runtime.getRuntime().totalMemory();
    }
}
