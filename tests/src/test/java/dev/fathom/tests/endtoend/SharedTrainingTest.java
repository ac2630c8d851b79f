package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.tests.tools.Cli;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fathom train --devices --accumulate}: a run whose batches are shared out. */
class SharedTrainingTest {
    @TempDir
    private Path folder;

    private static double largest(Path a, Path b) {
        double off = 0;
        try (CheckpointFile one = CheckpointFile.open(a); CheckpointFile two = CheckpointFile.open(b)) {
            for (String name : one.tensors().keySet()) {
                float[] x = one.tensors().get(name).toFloats();
                float[] y = two.tensors().get(name).toFloats();
                for (int i = 0; i < x.length; i++) {
                    off = Math.max(off, Math.abs(x[i] - y[i]));
                }
            }
        }
        return off;
    }

    /** Seven pictures by five: the second batch has two, fewer than there are parts. */
    @Test
    void aRunOnTwoWorkersIsToldRepeatedAndResumedOnOne() throws IOException {
        Training training = Training.in(folder);
        Path run = folder.resolve("run");
        Cli cli = Says.run(training.words(run, "--bs", 5, "--img-size", 28, "--epochs", 1, "--devices", "cpu*2", "--accumulate", 2));
        assertEquals(0, cli.code(), cli.err());
        assertTrue(cli.out().contains("each batch of 5 pictures is shared out to 2 devices (cpu, cpu) with 2 parts each"),
                cli.out());
        String config = Files.readString(run.resolve("config.yaml"));
        assertTrue(config.contains("\ndevices: cpu*2\n") && config.contains("\naccumulate: 2\n"), config);
        assertFalse(config.contains("\ndevice: "), config);

        Path again = folder.resolve("again");
        assertEquals(0, Says.run("train", "--config", run.resolve("config.yaml"), "--outdir", again).code());
        Training.assertSameBits(run.resolve("last.safetensors"), again.resolve("last.safetensors"), "repeated");

        // On one device, in one piece: what the call says of --device goes before what the file says of --devices.
        Path one = folder.resolve("one");
        cli = Says.run("train", "--config", run.resolve("config.yaml"), "--device", "cpu", "--accumulate", 1, "--outdir",
                one);
        assertEquals(0, cli.code(), cli.err());
        assertFalse(cli.out().contains("shared out"), cli.out());
        // AdamW moves a weight by about 1e-3 here. Where rounding decides which way, both ways are right: none is there.
        double off = largest(run.resolve("best.safetensors"), one.resolve("best.safetensors"));
        assertTrue(off < 1e-5, "off by " + off);

        // How a batch is shared out is no part of what a run is.
        Path resumed = folder.resolve("resumed");
        Files.createDirectories(resumed);
        for (String file : Training.RUN_FILES) {
            if (Files.exists(run.resolve(file))) {
                Files.copy(run.resolve(file), resumed.resolve(file));
            }
        }
        cli = Says.run(training.words(resumed, "--bs", 5, "--img-size", 28, "--epochs", 1, "--accumulate", 3, "--resume"));
        assertEquals(0, cli.code(), cli.err());
    }

    @Test
    void aDeviceThatIsAbsentIsNamed() {
        Training training = new Training(folder.resolve("no.pth"), Workshop.rooms(folder.resolve("train"), 0, 1),
                Workshop.rooms(folder.resolve("val"), 1, 1));
        String sentence = Says.failing(training.words(folder.resolve("run"), "--devices", "cuda:98,cuda:99"));
        assertTrue(sentence.startsWith("--devices cuda"), sentence);
        assertEquals(1, sentence.lines().count(), sentence);
    }
}
