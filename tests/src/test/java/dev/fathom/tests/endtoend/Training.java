package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.fathom.nn.checkpoint.CheckpointFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The command line of a tiny training run, and what two runs have in common.
 *
 * @param weights where it starts
 * @param train   training frames
 * @param val     validation frames
 */
record Training(Path weights, Path train, Path val) {
    /** What a run's folder holds, and nothing else. */
    static final List<String> RUN_FILES = List.of("about.json", "best.safetensors", "config.yaml", "last.safetensors",
            "metrics.jsonl", "report.html", "run.lock", "steps.jsonl", "validation.jsonl");

    /**
     * Makes weights, 7 training rooms and 2 validation rooms in a folder. Two pictures a step make 3 steps an epoch.
     */
    static Training in(Path folder) {
        return new Training(Workshop.model(folder.resolve("start.safetensors"), Workshop.METRIC),
                Workshop.rooms(folder.resolve("train"), 0, 7),
                Workshop.rooms(folder.resolve("val"), 7, 2));
    }

    /** The words of {@code fathom train} with 2 epochs into a run folder; more options replace these. */
    List<String> call(Path run, Object... more) {
        List<String> words = new ArrayList<>(List.of("train", "--data", train.toString(), "--val", val.toString(),
                "--load-from",
                weights.toString(), "--max-depth", "10", "--outdir", run.toString(), "--bs", "2", "--img-size", "70",
                "--lr", "1e-4",
                "--epochs", "2", "--panels", "0", "--no-events"));
        for (Object word : more) {
            int there = words.indexOf(word.toString());
            if (there > 0 && word.toString().startsWith("--")) {
                words.remove(there);
                words.remove(there);
            }
            words.add(word.toString());
        }
        return words;
    }

    /** The same with pictures and event files, which other tests leave out for the time that they take. */
    Object[] watched(Path run, Object... more) {
        List<String> words = call(run, more);
        int at = words.indexOf("--panels");
        words.subList(at, at + 3).clear();
        return words.toArray();
    }

    /** The same as an array, for {@link Says} and {@link Child}. */
    Object[] words(Path run, Object... more) {
        return call(run, more).toArray();
    }

    /** Fails unless two files hold the same tensors under the same names, bit for bit. */
    static void assertSameBits(Path expected, Path actual, String what) {
        try (CheckpointFile a = CheckpointFile.open(expected); CheckpointFile b = CheckpointFile.open(actual)) {
            assertEquals(a.tensors().keySet(), b.tensors().keySet(), what);
            a.tensors().forEach((name, tensor) -> assertEquals(-1, tensor.data().mismatch(b.tensors().get(name).data()),
                    () -> what + ": " + name + " differs"));
        }
    }
}
