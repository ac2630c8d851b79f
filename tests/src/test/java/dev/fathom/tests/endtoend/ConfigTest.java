package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code train --config}: a run is repeated from its own file, and what a file may not hold is named. */
class ConfigTest {
    @TempDir
    static Path folder;

    @Test
    void aRunIsRepeatedFromItsOwnFile() throws IOException {
        Training training = Training.in(folder);
        Path first = folder.resolve("first");
        assertEquals(0, Says.run(training.words(first, "--epochs", 1, "--seed", 5, "--no-flip", "--schedule",
                "constant")).code());
        String config = Files.readString(first.resolve("config.yaml"));
        assertTrue(config.contains("\nschedule: constant\n"), config);
        assertTrue(config.contains("\nflip: false\n"), config);
        assertTrue(config.contains("\nlr: 1.0E-4\n") || config.contains("\nlr: 0.0001\n"), config);

        Path again = folder.resolve("again");
        assertEquals(0, Says.run("train", "--config", first.resolve("config.yaml"), "--outdir", again).code());
        Training.assertSameBits(first.resolve("last.safetensors"), again.resolve("last.safetensors"), "repeated");
        assertEquals(config, Files.readString(again.resolve("config.yaml")));

        // What is on the command line as well wins.
        Path other = folder.resolve("other");
        assertEquals(0, Says.run("train", "--flip", "--config=" + first.resolve("config.yaml"), "--bs", 7, "--outdir",
                other).code());
        String changed = Files.readString(other.resolve("config.yaml"));
        assertEquals(config.replace("flip: false", "flip: true").replace("bs: 2", "bs: 7")
                .replace("batch-size: 2", "batch-size: 7"), changed);

        JsonNode about = new ObjectMapper().readTree(first.resolve("about.json").toFile());
        assertEquals(7, about.at("/data/training/frames").asInt());
        assertEquals(64, about.at("/weights/sha256").asText().length());
        assertEquals(about.at("/data"), new ObjectMapper().readTree(again.resolve("about.json").toFile()).at("/data"));
        assertEquals(Training.RUN_FILES, Workshop.files(first));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "learning-rate: 1     | FILE: there is no setting 'learning-rate' of fathom train; 'fathom train --help' lists what there is, without the dashes.",
        "max_depth: 10        | FILE: there is no setting 'max_depth' of fathom train; the nearest is 'max-depth'.",
        "epochs: many         | FILE: 'epochs': 'many' is not an int.",
        "flip: sometimes      | FILE: 'flip' is 'sometimes'; expected true or false.",
        "flip: 1              | FILE: 'flip' is '1'; expected true or false.",
        "schedule: linear     | FILE: 'schedule': expected one of [COSINE, POLY, ONE_CYCLE, one-cycle, CONSTANT] (case-insensitive) but was 'linear'.",
        "lr: [1, 2]           | FILE: 'lr' is a list; expected one value.",
        "lr: {base: 1}        | FILE: 'lr' is a group of settings; expected one value.",
        "lr:                  | FILE: 'lr' is empty; expected one value.",
        "resume: true         | FILE: 'resume' belongs on the command line, not into the settings of fathom train; 'fathom train --help' lists what there is, without the dashes.",
        "just words           | FILE holds no settings; expected one 'option: value' a line, as config.yaml of a run has them.",
        "{\"lr\": 1, \"lr\": 2} | FILE, line 1 is neither YAML nor JSON (Duplicate field 'lr'); expected one 'option: value' a line, as config.yaml of a run has them.",
    })
    void whatAFileMayNotHold(String content, String sentence) throws IOException {
        Path file = Files.writeString(folder.resolve("bad.yaml"), content);
        assertEquals(sentence.replace("FILE", file.toString()),
                Says.failing("train", "--config", file, "--outdir", folder.resolve("never")));
        assertTrue(Files.notExists(folder.resolve("never")));
    }

    @Test
    void aFileThatIsNotThere() {
        assertEquals("There is no file " + folder.resolve("no.yaml") + " to take settings from; check --config.",
                Says.failing("train", "--config", folder.resolve("no.yaml"), "--outdir", folder.resolve("never")));
    }
}
