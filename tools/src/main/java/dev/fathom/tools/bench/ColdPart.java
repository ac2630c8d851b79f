package dev.fathom.tools.bench;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.models.depthanything.ModelMetadata;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import dev.fathom.nn.checkpoint.CheckpointWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Commands as a person runs them, from the shell to their end: each in a process of its own, through
 * {@code tools/fathom}. One run of each that is not timed comes first: it builds, fills the disk's cache and makes what
 * is made on first use.
 */
final class ColdPart implements Part {
    private static final int WIDTH = 1280;
    private static final int HEIGHT = 960;

    private final Path launcher;
    private final Encoder encoder;
    private final int side;
    private final int runs;

    /** @param launcher the script that a person would run */
    ColdPart(Path launcher, Encoder encoder, int side, int runs) {
        this.launcher = launcher;
        this.encoder = encoder;
        this.side = side;
        this.runs = runs;
    }

    /**
     * The script of the installation that this program is part of.
     *
     * @throws FathomException if it was not started from one
     */
    static Path ownLauncher() {
        try {
            Path at = Path.of(ColdPart.class.getProtectionDomain().getCodeSource().getLocation().toURI());
            for (Path folder = at; folder != null; folder = folder.getParent()) {
                Path script = folder.resolve("fathom");
                if (Files.isRegularFile(script) && Files.isExecutable(script)) {
                    return script;
                }
            }
            throw new FathomException("There is no tools/fathom around " + at + ", so commands cannot be timed; run"
                    + " this benchmark from Fathom's repository, or leave 'cold' out.");
        } catch (URISyntaxException e) {
            throw new IllegalStateException("a class has a place", e);
        }
    }

    @Override
    public String title() {
        return "commands from the shell, " + encoder.id() + " at " + side;
    }

    @Override
    public Found measure() {
        Path folder = TemporaryFolder.make();
        try {
            Path weights = weights(folder.resolve(encoder.id() + ".safetensors"));
            Path photo = SamplePhoto.write(SamplePhoto.make(WIDTH, HEIGHT), folder.resolve("photo.jpg"));
            Map<String, Samples> rows = new LinkedHashMap<>();
            rows.put("--help", time(folder, "--help"));
            rows.put("info WEIGHTS", time(folder, "info", weights));
            rows.put("predict, one photo of " + WIDTH + " x " + HEIGHT + " to a PNG", time(folder, "predict",
                    "--load-from", weights, "--img-path", photo, "--outdir", folder.resolve("out"), "--input-size",
                    side, "--device", "cpu"));
            return new Measured(title(), rows);
        } catch (IOException e) {
            throw new UncheckedIOException("a temporary file in " + folder, e);
        } finally {
            TemporaryFolder.delete(folder);
        }
    }

    private Path weights(Path file) {
        try (MemoryScope scope = MemoryScope.open("weights")) {
            DepthHead head = new DepthHead.Metric(20);
            DepthAnythingV2 model = new DepthAnythingV2(encoder.config(), head);
            model.parameters().initialise(1);
            List<CheckpointTensor> tensors = new ArrayList<>();
            model.parameters().toStateDict().forEach((name, tensor) -> tensors.add(tensor.renamed(name)));
            CheckpointWriter.write(file, tensors, ModelMetadata.of(encoder.config(), head));
        }
        return file;
    }

    private Samples time(Path folder, Object... words) {
        once(folder, words);
        double[] seconds = new double[runs];
        for (int i = 0; i < runs; i++) {
            seconds[i] = once(folder, words);
        }
        return new Samples(seconds);
    }

    private double once(Path folder, Object... words) {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        Arrays.stream(words).map(Object::toString).forEach(command::add);
        Path said = folder.resolve("said");
        try {
            long start = System.nanoTime();
            int code = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start()
                    .waitFor();
            double seconds = (System.nanoTime() - start) * 1e-9;
            if (code != 0) {
                throw new FathomException("The command " + String.join(" ", command) + " was to be timed but ended"
                        + " with " + code + ": " + Files.readString(said).strip());
            }
            return seconds;
        } catch (IOException e) {
            throw new UncheckedIOException("running " + launcher, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FathomException("The benchmark was interrupted while " + String.join(" ", command) + " ran.", e);
        }
    }

    /** What came of it. */
    private record Measured(String title, Map<String, Samples> rows) implements Found {
        @Override
        public String text(MachineRates rates) {
            MarkdownTable table = new MarkdownTable(1, "tools/fathom ...", "s", "quartiles", "runs");
            rows.forEach((name, samples) -> table.row(name, MarkdownTable.number(samples.median(), 3),
                    String.format(Locale.ROOT, "%.3f to %.3f", samples.quantile(0.25), samples.quantile(0.75)),
                    Integer.toString(samples.seconds().length)));
            return title + ":\n\n" + table;
        }

        @Override
        public Map<String, Object> json(MachineRates rates) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("part", "cold");
            Map<String, Object> commands = new LinkedHashMap<>();
            rows.forEach((name, samples) -> commands.put(name, samples.json()));
            map.put("commands", commands);
            return map;
        }
    }
}
