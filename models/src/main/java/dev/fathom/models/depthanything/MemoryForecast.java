package dev.fathom.models.depthanything;

import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.dinov2.VitConfig;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.nn.Parameter;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * How much memory a prediction will take, before it is tried: a strip of 20 x 20,000 pixels becomes 1.4 million tokens,
 * and a refusal with advice is better than an hour of swapping.
 *
 * <p>The tensors alive at the highest point of a pass are counted stage by stage, in floats, as the modules' scratch
 * scopes leave them (batch 1, no gradients). For the released sizes {@link #fusion} is the highest. A test holds the
 * sum to what the allocator measures: whoever changes what a module keeps alive changes it here too.
 *
 * @param activations bytes of tensors at the highest point of one prediction
 * @param weights bytes of the parameters
 * @param casts bytes of their 16-bit copies in mixed precision, at most, and on the cpu of the float32 copy of one
 * @param device where: on a GPU its memory counts, not the machine's
 */
public record MemoryForecast(long activations, long weights, long casts, Device device) {
    /** Blocks are rounded up to 64 bytes, norms and attention leave a few numbers a token: 3 percent are plenty. */
    private static final double MARGIN = 1.03;

    /** The forecast for one picture whose depth map is wanted at the network's own size, in float32. */
    public static MemoryForecast of(DepthAnythingV2 model, NetworkSize size) {
        return of(model, size, size.width(), size.height(), Precision.FP32);
    }

    /**
     * The forecast for one picture. Activations are counted in float32 whatever the precision: of 16-bit ones the cpu
     * makes float32 copies while it computes, and on a GPU the forecast is then more than enough.
     *
     * @param width columns of the depth map that is wanted, {@code height} its rows: the photo's
     */
    public static MemoryForecast of(DepthAnythingV2 model, NetworkSize size, int width, int height,
            Precision precision) {
        ModelConfig config = model.config();
        double pixels = (double) size.width() * size.height();
        double patches = (double) size.patches();
        double input = 3 * pixels;
        double network = DoubleStream.of(tokens(config, patches), block(config, patches), reassemble(config, patches),
                fusion(config, patches), readout(config, patches, pixels)).max().orElseThrow();
        double result = pixels + (double) width * height;
        return new MemoryForecast((long) (4 * MARGIN * (input + Math.max(network, result))),
                4 * model.parameters().parameterCount(),
                precision == Precision.FP32 ? 0 : casts(model), model.device());
    }

    private static long casts(DepthAnythingV2 model) {
        long largest = model.parameters().all().stream().filter(Parameter::trainable)
                .mapToLong(Parameter::numel).max().orElse(0);
        return 2 * model.parameters().parameterCount() + (model.device().isHost() ? 4 * largest : 0);
    }

    /** The sequence is put together: patches, the cut-out and the resampled position table, with cls in front, the sum. */
    private static double tokens(ModelConfig config, double patches) {
        VitConfig vit = config.vit();
        return vit.dim() * ((double) vit.grid() * vit.grid() + 4 * (patches + 1));
    }

    /**
     * A block: its input; norm, qkv (3), attention, projected and added; norm, hidden layer, output. Three taps are kept
     * beside the last block.
     */
    private static double block(ModelConfig config, double patches) {
        VitConfig vit = config.vit();
        double hidden = vit.ffn() == VitConfig.Ffn.MLP ? 4 * vit.dim() : 3 * vit.swigluHidden();
        return (patches + 1) * (12 * vit.dim() + hidden);
    }

    /**
     * The finest tap: projected to C1, enlarged to 4h x 4w (once more in the kernel's own memory), and its 3 x 3
     * convolution.
     */
    private static double reassemble(ModelConfig config, double patches) {
        double c1 = config.dpt().outChannels().getFirst();
        return patches * (taps(config) + c1 + 2 * 16 * c1 + 16 * config.dpt().features());
    }

    /**
     * The finest fusion: at 4h x 4w the coarser path, this level, their sum and the mixed result; at 8h x 8w the enlarged
     * one.
     */
    private static double fusion(ModelConfig config, double patches) {
        return patches * (taps(config) + (4 * 16 + 64) * config.dpt().features());
    }

    /** At the network's size: F/2 channels and the answer. */
    private static double readout(ModelConfig config, double patches, double pixels) {
        return patches * taps(config) + pixels * (config.dpt().features() / 2.0 + 1);
    }

    /** Channels of all four taps, which live until the decoder is done. */
    private static double taps(ModelConfig config) {
        return 4.0 * config.vit().dim();
    }

    /** The forecast for several pictures of this size in one pass. */
    public MemoryForecast times(int pictures) {
        return new MemoryForecast(Math.multiplyExact(activations, pictures), weights, casts, device);
    }

    public long total() {
        return activations + weights + casts;
    }

    /**
     * Refuses what the device cannot hold.
     *
     * @param what the picture, for the message: {@code The picture a.jpg}
     * @throws FathomException with the numbers and what to do
     */
    public void requireFits(String what, NetworkSize size) {
        requireFits(what, size, "crop the picture, or use a smaller --input-size or encoder");
    }

    /**
     * The same.
     *
     * @param advice what to do, as the end of the sentence
     */
    public void requireFits(String what, NetworkSize size, String advice) {
        // On a GPU the weights are there already, so they are not among what can still be had.
        long needed = device.isHost() ? total() : activations + casts;
        long usable = Backends.of(device).availableBytes();
        if (needed > usable) {
            throw new FathomException(String.format(Locale.ROOT,
                    "%s would be %d x %d pixels (%,d tokens) for the network and take about %,d MiB of memory, of which"
                    + " %s can give %,d MiB; %s.",
                    what, size.width(), size.height(), size.patches(), needed >> 20,
                    device.isHost() ? "this machine" : device, usable >> 20, advice));
        }
    }
}
