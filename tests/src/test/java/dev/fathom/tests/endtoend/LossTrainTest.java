package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.tests.tools.Cli;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fathom train --loss}: other losses than SiLog train, are written down, and are part of what a run is. */
class LossTrainTest {
    @TempDir
    private Path folder;

    private static Cli trained(Object... words) {
        Cli cli = Says.run(words);
        assertEquals(0, cli.code(), cli.err() + cli.out());
        return cli;
    }

    private static double loss(Path run) throws IOException {
        JsonNode line = new ObjectMapper().readTree(Files.readAllLines(run.resolve("metrics.jsonl")).getLast());
        return line.get("train_loss").asDouble();
    }

    @Test
    void lossesByName() throws IOException {
        Training training = Training.in(folder);
        Path zoe = folder.resolve("zoe");
        trained(training.words(zoe, "--epochs", "1", "--bs", "7", "--loss", "silog-zoe", "--gradient-weight", "0.5"));
        List<String> config = Files.readAllLines(zoe.resolve("config.yaml"));
        for (String line : List.of("loss: silog-zoe", "silog-beta: 0.15", "gradient-weight: 0.5", "gradient-scales: 4")) {
            assertTrue(config.contains(line), line + " in " + config);
        }
        assertTrue(config.stream().noneMatch(line -> line.startsWith("silog-lambda")), () -> "a number of another loss "
                + config);

        Path again = folder.resolve("again");
        trained("train", "--config", zoe.resolve("config.yaml"), "--outdir", again);
        Training.assertSameBits(zoe.resolve("best.safetensors"), again.resolve("best.safetensors"), "the same again");

        Path berHu = folder.resolve("berhu");
        trained(training.words(berHu, "--epochs", "1", "--bs", "7", "--loss", "berhu"));
        assertTrue(loss(berHu) > 0 && loss(zoe) > 0 && loss(berHu) != loss(zoe), loss(berHu) + " " + loss(zoe));

        Cli other = Says.run(training.words(berHu, "--epochs", "1", "--bs", "7", "--loss", "l1", "--resume"));
        assertEquals(1, other.code());
        assertTrue(other.err().contains("loss.kind was BERHU and is L1"), other.err());
    }
}
