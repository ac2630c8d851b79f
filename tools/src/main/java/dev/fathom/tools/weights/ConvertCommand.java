package dev.fathom.tools.weights;

import dev.fathom.engine.DType;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.nn.checkpoint.CheckpointFormat;
import dev.fathom.nn.checkpoint.Conversion;
import dev.fathom.tools.cli.Durations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code fathom convert}: weights from one format to another. */
@Command(name = "convert", mixinStandardHelpOptions = true, sortOptions = false,
    description = {"Convert a weights file between .pth, .safetensors and .h5.", "",
        "Values are equal to the bit unless another dtype is asked for. Names stay as they are, without a trainer's "
            + "wrapping (model., module.); an optimiser's tensors are left out."},
    footer = {"", "Example: fathom convert depth_anything_v2_vits.pth depth_anything_v2_vits.safetensors"})
public final class ConvertCommand implements Callable<Integer> {
    /** The dtypes that weights can be converted to, by PyTorch's names. */
    enum Target {
        KEEP(null), FLOAT32(DType.F32), FLOAT16(DType.F16), BFLOAT16(DType.BF16);

        private final DType dtype;

        Target(DType dtype) {
            this.dtype = dtype;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** Reads a name for picocli. */
        static final class Converter implements ITypeConverter<Target> {
            @Override
            public Target convert(String text) {
                return Arrays.stream(values()).filter(t -> t.toString().equals(text)).findFirst().orElseThrow(() ->
                    new TypeConversionException("'" + text + "' is not one of keep, float32, float16, bfloat16"));
            }
        }
    }

    @Parameters(index = "0", paramLabel = "IN", description = "The file to read.")
    private Path in;

    @Parameters(index = "1", paramLabel = "OUT", description = "The file to write; its ending says the format.")
    private Path out;

    @Option(names = "--dtype", defaultValue = "keep", paramLabel = "DTYPE", converter = Target.Converter.class,
        description = "Dtype of all float tensors: keep, float32, float16 or bfloat16; default ${DEFAULT-VALUE}.")
    private Target dtype;

    @Option(names = "--overwrite", description = "Replace OUT if it is there.")
    private boolean overwrite;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        try {
            CheckpointFormat.forWriting(out);
        } catch (FathomException e) {
            // The name of OUT is the call's fault, not the run's.
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        if (Files.exists(out) && Files.exists(in) && Files.isSameFile(in, out)) {
            throw new FathomException(out + " is the file to read as well; give the new file another name.");
        }
        if (Files.exists(out) && !overwrite) {
            throw new FathomException(out
                + " is there already; choose another name, or add --overwrite to replace it.");
        }
        long start = System.nanoTime();
        Conversion.Result result = Conversion.convert(in, out, Optional.ofNullable(dtype.dtype));
        StringBuilder line = new StringBuilder().append("Wrote ").append(out).append(": ").append(result.tensors())
            .append(" tensors from ").append(result.from().label()).append(" to ").append(result.to().label());
        if (result.converted() > 0) {
            line.append(", ").append(result.converted()).append(" of them now ").append(dtype);
        }
        if (result.leftOut() > 0) {
            line.append(", ").append(result.leftOut()).append(" that are not weights left out");
        }
        line.append("; ").append(Durations.bytes(Files.size(out))).append(" in ")
            .append(Durations.words((System.nanoTime() - start) / 1e9)).append('.');
        spec.commandLine().getOut().println(line);
        return 0;
    }
}
