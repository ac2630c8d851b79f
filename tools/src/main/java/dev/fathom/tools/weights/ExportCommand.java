package dev.fathom.tools.weights;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.models.onnx.OnnxExport;
import dev.fathom.nn.checkpoint.ContentHash;
import dev.fathom.tools.cli.Durations;
import dev.fathom.tools.cli.ModelArguments;
import dev.fathom.tools.cli.Progress;
import dev.fathom.tools.cli.Version;
import dev.fathom.tools.cli.WrongCall;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fathom export}: a model for other runtimes. */
@Command(name = "export", mixinStandardHelpOptions = true, sortOptions = false,
    description = {"Write a model as ONNX, for ONNX Runtime and others.", "",
        "Input 'image' [batch,3,height,width]: RGB / 255, minus the mean 0.485 0.456 0.406, over the deviation "
            + "0.229 0.224 0.225; sides are multiples of 14, free at run time, and so is the batch. Output 'depth' "
            + "[batch,height,width]; the file's metadata says its unit and which way it grows."},
    footer = {"", "Example: fathom export --load-from depth_anything_v2_metric_hypersim_vits.pth --max-depth 20"})
public final class ExportCommand implements Callable<Integer> {
    /** What can be written. */
    enum Format {
        ONNX
    }

    @Option(names = "--load-from", required = true, paramLabel = "FILE",
        description = "Weights: .pth, .safetensors or .h5; official, Hugging Face or Fathom's own.")
    private Path loadFrom;

    @Option(names = "--format", defaultValue = "onnx", paramLabel = "F",
        description = "What to write; default ${DEFAULT-VALUE}, the only one so far.")
    private Format format;

    @Option(names = "--encoder", paramLabel = "NAME",
        description = "vits, vitb, vitl or vitg. Recognised from the file; if given, it must agree.")
    private String encoder;

    @Option(names = "--max-depth", paramLabel = "M",
        description = "The model is metric with this largest depth in metres (20 Hypersim, 80 VKITTI). Not needed if "
            + "the file says so.")
    private Double maxDepth;

    @Option(names = "--relative", description = "The model is relative. Not needed if the file says so.")
    private boolean relative;

    @Option(names = "--outfile", paramLabel = "X.onnx",
        description = "The file to write; default: the weights' name with .onnx, in this folder.")
    private Path outfile;

    @Option(names = "--external-data",
        description = "Put the weights into X.onnx.data beside it: needed over 2 GB (vitg), and runtimes can map them.")
    private boolean external;

    @Option(names = "--opset", defaultValue = "" + OnnxExport.OLDEST_OPSET, paramLabel = "N",
        description = "Version of ONNX's operators, " + OnnxExport.OLDEST_OPSET + " to " + OnnxExport.NEWEST_OPSET
            + "; default ${DEFAULT-VALUE}.")
    private int opset;

    @Option(names = "--overwrite", description = "Replace the file if it is there.")
    private boolean overwrite;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (encoder != null) {
            WrongCall.orValue(spec, () -> Encoder.of(encoder));
        }
        WrongCall.unless(maxDepth == null || !relative, spec,
            "--max-depth is for metric models and --relative for relative ones; give one of them.");
        WrongCall.unless(maxDepth == null || maxDepth > 0 && maxDepth < Double.POSITIVE_INFINITY, spec,
            "--max-depth is " + maxDepth + ", but a model's largest depth is more than 0 metres.");
        WrongCall.orValue(spec, () -> new OnnxExport("", Optional.empty(), opset));
        WrongCall.unless(loadFrom.getFileName() != null, spec, "--load-from is " + loadFrom
            + ", but weights are a file.");
        Path target = outfile != null ? outfile
            : Path.of(loadFrom.getFileName().toString().replaceFirst("\\.[^.]+$", "") + ".onnx");
        WrongCall.unless(target.toString().endsWith(".onnx"), spec, "--outfile is " + target
            + ", but runtimes know an ONNX file by the ending .onnx.");
        refuseToReplace(target);
        if (external) {
            refuseToReplace(OnnxExport.dataFile(target));
        }
        long start = System.nanoTime();
        try (ModelFile file = ModelFile.open(loadFrom)) {
            if (encoder != null) {
                file.require(Encoder.of(encoder));
            }
            DepthHead head = file.head(maxDepth, relative);
            file.verify(head);
            say(target, head, export(target, file, head), start);
        }
        return 0;
    }

    private void refuseToReplace(Path path) throws IOException {
        if (Files.exists(path) && Files.exists(loadFrom) && Files.isSameFile(path, loadFrom)) {
            throw new FathomException(path + " is the file to read as well; give the new file another name.");
        }
        if (Files.exists(path) && !overwrite) {
            throw new FathomException(path
                + " is there already; choose another name, or add --overwrite to replace it.");
        }
    }

    private OnnxExport.Result export(Path target, ModelFile file, DepthHead head) {
        OnnxExport export = new OnnxExport(ModelArguments.describe(file),
            Optional.of(ContentHash.of(file.path()).hex()), opset);
        long total = OnnxExport.weightBytes(file.config(), head, file.state());
        AtomicLong written = new AtomicLong();
        try (Progress progress = Progress.start("Writing", total >> 20, "MiB")) {
            return export.write(target, file.config(), head, file.state(), external,
                bytes -> progress.to(written.addAndGet(bytes) >> 20));
        }
    }

    private void say(Path target, DepthHead head, OnnxExport.Result result, long start) throws IOException {
        Path data = OnnxExport.dataFile(target);
        String files = external
            ? target + " (" + Durations.bytes(Files.size(target)) + ") and " + data + " ("
                + Durations.bytes(Files.size(data)) + "), which belong together"
            : target + " (" + Durations.bytes(Files.size(target)) + ")";
        spec.commandLine().getOut().println("Wrote " + files + ": " + result.nodes() + " nodes, " + result.weights()
            + " weights, opset " + opset + ", depth in " + head.unit() + ", " + head.polarity() + "; in "
            + Durations.words((System.nanoTime() - start) / 1e9) + ".");
    }
}
