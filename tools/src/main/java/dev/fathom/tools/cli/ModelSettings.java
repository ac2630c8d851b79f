package dev.fathom.tools.cli;

import dev.fathom.engine.Precision;
import dev.fathom.engine.Device;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.nn.StateDictLoader;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** How models are taken: the options that all commands share that load one, without those that name it. */
public class ModelSettings {
    @Option(names = "--encoder", paramLabel = "NAME",
            description = "vits, vitb, vitl or vitg. Recognised from the file; if given, it must agree.")
    public String encoder;

    @Option(names = "--max-depth", paramLabel = "M",
            description = "The model is metric with this largest depth in metres (20 Hypersim, 80 VKITTI). Not needed "
                    + "if the file says so.")
    public Double maxDepth;

    @Option(names = "--relative", description = "The model is relative. Not needed if the file says so.")
    public boolean relative;

    @Option(names = "--input-size", defaultValue = "518", paramLabel = "N",
            description = "Shorter side for the network in pixels (default: ${DEFAULT-VALUE}).")
    public int inputSize;

    @Option(names = "--precision", defaultValue = "fp32", paramLabel = "P",
            description = "fp32, fp16 or bf16: what products and attention are computed in"
                    + " (default: ${DEFAULT-VALUE}).")
    public Precision precision;

    /** Checks what needs no file. */
    public void check(CommandSpec spec) {
        if (encoder != null) {
            WrongCall.orValue(spec, () -> Encoder.of(encoder));
        }
        if (maxDepth != null) {
            WrongCall.unless(!relative, spec,
                    "--max-depth is for metric models and --relative for relative ones; give one of them.");
            WrongCall.unless(maxDepth > 0 && maxDepth < Double.POSITIVE_INFINITY, spec, "--max-depth is " + maxDepth
                    + ", but a model's largest depth is more than 0 metres.");
        }
        WrongCall.unless(inputSize >= NetworkSize.PATCH, spec, "--input-size is " + inputSize
                + ", but must be at least " + NetworkSize.PATCH
                + ", one patch of the network.");
    }

    /** Opens a file and checks what was asked against what it is. */
    public ModelFile open(Path path) {
        ModelFile file = ModelFile.open(path);
        try {
            if (encoder != null) {
                file.require(Encoder.of(encoder));
            }
            return file;
        } catch (Throwable e) {
            file.close();
            throw e;
        }
    }

    public DepthHead head(ModelFile file) {
        return file.head(maxDepth, relative);
    }

    /** For inference: weights stay mapped where that is possible. */
    public DepthAnythingV2 load(ModelFile file, Device device) {
        return file.load(head(file), StateDictLoader.Memory.MAP, device);
    }

    /** {@link #describe}, and the precision if it is not float32: {@code Depth Anything V2 vits, bf16}. */
    public String describeUse(ModelFile file) {
        return describe(file) + (precision == Precision.FP32 ? "" : ", " + precision);
    }

    /** {@code Depth Anything V2 vits}, for people. */
    public static String describe(ModelFile file) {
        return "Depth Anything V2 " + file.encoder().map(Encoder::id).orElseGet(() -> "custom (" + file.config().vit()
                .dim() + " channels, "
                + file.config().vit().depth() + " blocks)");
    }
}
