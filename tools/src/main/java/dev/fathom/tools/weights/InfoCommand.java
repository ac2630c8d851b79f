package dev.fathom.tools.weights;

import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.nn.checkpoint.CheckpointInfo;
import dev.fathom.tools.cli.Durations;
import dev.fathom.tools.output.JsonFile;
import dev.fathom.training.state.Progress;
import dev.fathom.training.state.TrainState;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code fathom info}: what a weights file holds. */
@Command(name = "info", mixinStandardHelpOptions = true, sortOptions = false,
    description = {"Say what a weights file holds: format, network, head, tensors, parameters, dtype, hash.", "",
        "Reads .pth (zip and legacy), .safetensors and .h5 by their content. Nothing in a file is ever executed.",
        "A file that carries checksums is compared with them, and refused if a bit of it differs."},
    footer = {"", "Example: fathom info depth_anything_v2_vits.pth"})
public final class InfoCommand implements Callable<Integer> {

    private static final int MOST_OF_A_VALUE = 120;

    @Parameters(index = "0", paramLabel = "FILE", description = "The weights file.")
    private Path path;

    @Option(names = "--tensors", description = "Also list every tensor: name, dtype, shape.")
    private boolean tensors;

    @Option(names = "--json", description = "Print JSON instead of text.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    /** The network that a file belongs to, or why none was recognised. */
    private record Recognised(String network, String head) {
    }

    @Override
    public Integer call() {
        CheckpointInfo info = CheckpointInfo.of(path);
        Map<String, Object> facts = facts(info, recognise(), TrainState.describe(path));
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            if (tensors) {
                facts.put("tensor_list", list().stream().map(InfoCommand::row).toList());
            }
            out.println(JsonFile.text(facts));
            return 0;
        }
        out.println(path);
        facts.forEach((name, value) -> out.printf(Locale.ROOT, "  %-11s %s%n", name.replace('_', ' '),
            readable(name, value)));
        if (tensors) {
            List<String[]> rows = list();
            int wide = rows.stream().mapToInt(r -> r[0].length()).max().orElse(0);
            out.println();
            rows.forEach(r -> out.printf(Locale.ROOT, "  %-" + Math.max(wide, 1) + "s  %-8s  %s%n", r[0], r[1], r[2]));
        }
        return 0;
    }

    private static Map<String, Object> facts(CheckpointInfo info, Recognised model, Optional<TrainState.About> state) {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("format", info.format().label());
        state.ifPresent(s -> facts.put("state", describe(s)));
        facts.put("network", model.network());
        facts.put("head", model.head());
        facts.put("size", info.fileBytes());
        facts.put("tensors", info.tensors());
        facts.put("parameters", info.parameters());
        facts.put("dtype", info.dtypes().entrySet().stream().map(e -> info.dtypes().size() == 1 ? e.getKey().torchName()
            : e.getValue() + " " + e.getKey().torchName()).collect(Collectors.joining(", ")));
        if (info.leftOut() > 0) {
            facts.put("left_out", info.leftOut() + " tensors that are not weights (an optimiser's, for example)");
        }
        facts.put("checksums", info.verified() ? "carried, and every byte agrees" : "none carried");
        facts.put("sha256", info.hash().hex());
        if (!info.metadata().isEmpty()) {
            facts.put("metadata", info.metadata());
        }
        return facts;
    }

    private static Object readable(String name, Object value) {
        return switch (value) {
            case Long bytes when name.equals("size") -> Durations.bytes(bytes);
            case Long number -> String.format(Locale.ROOT, "%,d", number);
            case Map<?, ?> map -> map.entrySet().stream().map(e -> e.getKey() + " = " + shortened(e.getValue().toString()))
                .collect(Collectors.joining("\n" + " ".repeat(14)));
            default -> value;
        };
    }

    /** A training state keeps pages of numbers there; {@code --json} shows all of them. */
    private static String shortened(String value) {
        return value.length() <= MOST_OF_A_VALUE ? value : value.substring(0, MOST_OF_A_VALUE) + " ...";
    }

    private Recognised recognise() {
        try (ModelFile file = ModelFile.open(path)) {
            ModelConfig config = file.config();
            String network = "Depth Anything V2 " + file.encoder().map(Encoder::id).orElse("of an own size: ")
                + (file.encoder().isPresent() ? ""
                    : config.vit().dim() + " channels, " + config.vit().depth() + " blocks")
                + (file.hasDecoder() ? "" : ", encoder alone (DINOv2)");
            String head = !file.hasDecoder() ? "none" : file.declaredHead().map(InfoCommand::describe).orElse(
                "not declared: metric and relative models have the same weights; say --max-depth or --relative when "
                    + "using it");
            return new Recognised(network, head);
        } catch (CheckpointException e) {
            // The file itself was readable a moment ago: what is refused here is only the network.
            String why = e.getMessage();
            return new Recognised("not recognised: " + why.substring(why.indexOf(": ") + 1).strip(), "unknown");
        }
    }

    private static String describe(TrainState.About state) {
        Progress at = state.progress();
        return String.format(Locale.ROOT, "of a training run of %d epochs, after %,d steps, %s; %s: what --resume goes"
                + " on from", state.options().epochs(), at.step(),
                at.epoch() == state.options().epochs() ? "finished"
                        : "in epoch " + (at.epoch() + 1) + " before its batch " + (at.batch() + 1),
                at.bestEpoch() < 0 ? "nothing validated yet" : String.format(Locale.ROOT, "best %s %.4f in epoch %d",
                        state.options().select().bestBy().key(), at.best(), at.bestEpoch() + 1));
    }

    private static String describe(DepthHead head) {
        return switch (head) {
            case DepthHead.Metric metric -> "metric, up to " + metric.maxDepth() + " m";
            case DepthHead.Relative relative -> "relative, " + relative.polarity();
        };
    }

    private static Map<String, String> row(String[] tensor) {
        Map<String, String> row = new LinkedHashMap<>();
        row.put("name", tensor[0]);
        row.put("dtype", tensor[1]);
        row.put("shape", tensor[2]);
        return row;
    }

    private List<String[]> list() {
        List<String[]> rows = new ArrayList<>();
        try (CheckpointFile file = CheckpointFile.open(path)) {
            file.stateDict().values().forEach(t -> rows.add(new String[] {t.name(), t.dtype().torchName(),
                t.shape().toString()}));
        }
        return rows;
    }
}
