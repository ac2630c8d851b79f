package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.tests.data.Layouts;
import dev.fathom.tests.tools.Cli;
import dev.fathom.training.data.sets.DatasetFormats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --dataset NAME:PATH} wherever data is read, and what {@code fathom data} says of a set. */
class DatasetOptionsTest {
    @TempDir
    private static Path shared;
    private static Training training;
    private static Path png;

    @TempDir
    private Path folder;

    @BeforeAll
    static void prepare() {
        training = Training.in(shared);
        png = shared.resolve("png");
        for (int i = 0; i < 3; i++) {
            Layouts.picture(png.resolve("rgb/" + i + ".png"), 84, 70, i);
            Layouts.gray16(png.resolve("depth/" + i + ".png"), 84, IntStream.range(0, 84 * 70)
                    .map(p -> p % 10 == 0 ? 0 : 1000 + p).toArray());
        }
    }

    private static String metrics(Object... call) throws IOException {
        Cli cli = Says.run(call);
        assertEquals(0, cli.code(), cli.err());
        return new ObjectMapper().readTree(Path.of(call[call.length - 1].toString()).resolve("metrics.json").toFile())
                .get("sources").get(0).get("metrics").toString();
    }

    private static String wrong(Object... call) {
        Cli cli = Says.run(call);
        assertEquals(2, cli.code(), cli.err());
        return cli.err().lines().findFirst().orElseThrow();
    }

    @Test
    void dataIsShortForNyuH5() throws IOException {
        assertEquals(metrics("evaluate", "--load-from", training.weights(), "--input-size", 70, "--data", training.val(),
                "--outdir", folder.resolve("a")), metrics("evaluate", "--load-from", training.weights(), "--input-size",
                70, "--dataset", "nyu-h5:" + training.val(), "--outdir", folder.resolve("b")));
    }

    @Test
    void evaluateReadsAnyFormat() {
        Cli cli = Says.run("evaluate", "--load-from", training.weights(), "--input-size", 70, "--dataset",
                "nyu-png:" + png);
        assertEquals(0, cli.code(), cli.err());
        assertTrue(cli.out().contains("on nyu-png:" + png + ": 3 images"), cli.out());
    }

    /** And its config.yaml repeats it, unless the call names another set by either option. */
    @Test
    void trainReadsAnyFormat() throws IOException {
        Path run = folder.resolve("run");
        List<Object> call = new ArrayList<>(Arrays.asList(training.words(run, "--epochs", 1)));
        int data = call.indexOf("--data");
        call.set(data, "--dataset");
        Path relative = Path.of("").toAbsolutePath().relativize(png.toAbsolutePath());
        call.set(data + 1, "nyu-png:" + relative);
        call.set(call.indexOf("--val") + 1, "nyu-png:" + relative);
        Cli cli = Says.run(call.toArray());
        assertEquals(0, cli.code(), cli.err());
        assertTrue(cli.out().contains("3 training and 3 validation frames"), cli.out());
        Path config = run.resolve("config.yaml");
        String written = Files.readString(config);
        assertTrue(written.contains("dataset: nyu-png:" + png + "\n")
                && written.contains("val: nyu-png:" + png + "\n"), written);
        Cli again = Says.run("train", "--config", config, "--outdir", folder.resolve("again"));
        assertEquals(0, again.code(), again.err());
        Training.assertSameBits(run.resolve("last.safetensors"), folder.resolve("again/last.safetensors"), "again");
        Cli other = Says.run("train", "--config", config, "--outdir", folder.resolve("other"), "--data",
                training.train());
        assertEquals(0, other.code(), other.err());
        assertTrue(other.out().contains("7 training and 3 validation frames"), other.out());
    }

    @Test
    void wrongCalls() {
        assertEquals("Missing required option: '--data=DIR' or '--dataset=NAME:PATH'.", wrong("data", "info"));
        assertEquals("--data and --dataset exclude each other; give one of them.",
                wrong("data", "info", "--data", png, "--dataset", "nyu-png:" + png));
        String names = String.join(", ", DatasetFormats.names());
        assertEquals("Invalid value for option '--dataset' (NAME:PATH): There is no kind of data set named 'nyu';"
                + " expected one of " + names + ".", wrong("data", "info", "--dataset", "nyu:" + png));
        assertEquals("Invalid value for option '--val' (DIR|NAME:PATH): There is no kind of data set named 'nyu';"
                + " expected one of " + names + ".", wrong("train", "--data", png, "--val", "nyu:" + png, "--max-depth",
                10, "--outdir", folder.resolve("run")));
        assertEquals("--frames is 0, but must be at least 1.", wrong("data", "info", "--data", png, "--frames", 0));
        assertTrue(wrong("data").startsWith("'fathom data' needs a command: "));
    }

    @Test
    void dataInfo() {
        Cli cli = Says.run("data", "info", "--dataset", "nyu-png:" + png);
        assertEquals(0, cli.code(), cli.err());
        List<String> lines = cli.out().lines().toList();
        assertEquals("nyu-png:" + png + ": 3 frames", lines.get(0));
        assertTrue(lines.get(1).matches("fingerprint [0-9a-f]{64}"), lines.get(1));
        assertEquals(List.of("of 3 frames, evenly spread over the set:", "  size      84 x 70 (3)",
                "  depth     1.001 to 6.879 m", "  holes     10.0 % of the pixels (10.0 to 10.0 % of a frame)",
                "  camera    unknown (3)"), lines.subList(2, lines.size()));
    }

    @Test
    void dataInfoTellsOfFramesThatCannotBeUsed() {
        Layouts.picture(folder.resolve("rgb/0.png"), 3, 2, 5);
        Layouts.picture(folder.resolve("rgb/1.png"), 3, 2, 5);
        Layouts.tear(Layouts.gray16(folder.resolve("depth/0.png"), 3, new int[6]));
        Layouts.gray16(folder.resolve("depth/1.png"), 3, new int[6]);
        Cli cli = Says.run("data", "info", "--dataset", "nyu-png:" + folder);
        assertEquals(0, cli.code(), cli.err());
        assertTrue(cli.out().contains("  unusable  damaged: The picture " + folder.resolve("depth/0.png")), cli.out());
        assertTrue(cli.out().contains("  depth     none: every pixel is a hole"), cli.out());
    }

    @Test
    void theFirstFrameMayBeOneThatIsLeftOut() {
        for (int i = 0; i < 2; i++) {
            Layouts.picture(folder.resolve("rgb/" + i + ".png"), 84, 70, i);
            Layouts.gray16(folder.resolve("depth/" + i + ".png"), 84, IntStream.range(1000, 1000 + 84 * 70).toArray());
        }
        Layouts.tear(folder.resolve("depth/0.png"));
        Object[] call = {"evaluate", "--load-from", training.weights(), "--input-size", 70, "--dataset",
            "nyu-png:" + folder, "--skip-bad", "1"};
        Cli cli = Says.run(call);
        assertEquals(0, cli.code(), cli.err());
        assertTrue(cli.out().contains("1 images (not read: 1 damaged)"), cli.out());
        call[call.length - 1] = "stop";
        assertTrue(Says.failing(call).contains(folder.resolve("depth/0.png").toString()));
    }

    @Test
    void dataFormatsListsAll() {
        String out = Says.run("data", "formats").out();
        DatasetFormats.all().forEach(format -> {
            assertTrue(out.contains(format.name() + ": " + format.description()), out);
            format.settings().keySet().forEach(key -> assertTrue(out.contains("    " + key + "=  "), out));
        });
    }
}
