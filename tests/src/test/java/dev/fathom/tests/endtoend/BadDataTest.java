package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import dev.fathom.nn.checkpoint.CheckpointWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Data sets that are not there, not frames, or torn: evaluate and train say the same sentence, and train begins no run.
 */
class BadDataTest {
    @TempDir
    private static Path shared;
    private static Training training;

    @TempDir
    private Path folder;

    @BeforeAll
    static void prepare() {
        training = Training.in(shared);
    }

    private Path run() {
        return folder.resolve("run");
    }

    /** What evaluate and train both say to a data set that cannot be opened. */
    private String refusal(Path data) {
        String sentence = Says.failing("evaluate", "--data", data, "--load-from", training.weights(), "--input-size",
                70);
        assertEquals(sentence, Says.failing(training.words(run(), "--data", data)));
        assertEquals(sentence, Says.failing(training.words(run(), "--val", data)));
        assertFalse(Files.exists(run()), "no run was begun");
        return sentence;
    }

    /** A folder with one HDF5 file that holds these arrays. */
    private Path dataset(String name, CheckpointTensor... arrays) {
        Path data = folder.resolve(name);
        try {
            Files.createDirectories(data);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        CheckpointWriter.write(data.resolve("frame.h5"), List.of(arrays), Map.of());
        return data;
    }

    private static CheckpointTensor array(String name, DType dtype, int... dims) {
        Shape shape = Shape.of(dims);
        return CheckpointTensor.of(name, dtype, shape, Arena.ofAuto().allocate(shape.numel() * dtype.bytes(), 64));
    }

    @Test
    void noFolderAndNoFrames() throws IOException {
        Path missing = folder.resolve("no");
        assertEquals("There is no folder " + missing + ": expected one with HDF5 files, one frame each.",
                refusal(missing));
        Path empty = Files.createDirectories(folder.resolve("empty"));
        Files.writeString(empty.resolve("notes.txt"), "no frame");
        assertEquals("The folder " + empty
                + " holds no .h5 file, nor do the folders below it: expected NYU-layout HDF5 files, one frame each.",
                refusal(empty));
    }

    @Test
    void filesThatAreNoFrames() {
        Path weights = dataset("weights", array("a", DType.F32, 2), array("b", DType.F32, 2));
        assertEquals("The file " + weights.resolve("frame.h5")
                + " is not a frame: expected data sets rgb and depth, but it has a, b.",
                refusal(weights));
        Path other = dataset("other", array("rgb", DType.U8, 3, 20, 30), array("depth", DType.F32, 20, 31));
        assertEquals("In the file " + other.resolve("frame.h5")
                + " depth has shape [20, 31], but the picture is [20, 30]: both must have the same"
                + " height and width.", refusal(other));
        Path whole = dataset("whole", array("rgb", DType.U8, 3, 20, 30), array("depth", DType.I16, 20, 30));
        assertTrue(refusal(whole).startsWith("In the file " + whole.resolve("frame.h5")
                + " depth holds whole numbers"));
        Path last = dataset("last", array("rgb", DType.U8, 20, 30, 3), array("depth", DType.F32, 20, 30));
        assertTrue(refusal(last).startsWith("In the file " + last.resolve("frame.h5")
                + " rgb has shape [20, 30, 3] of U8: expected (3, height, width)"));
    }

    @Test
    void tornFiles() throws IOException {
        Path data = Workshop.rooms(folder.resolve("torn"), 0, 2);
        Path second = data.resolve("room_00001.h5");
        byte[] bytes = Files.readAllBytes(second);
        Files.write(second, Arrays.copyOf(bytes, bytes.length / 2));
        // Only the first file is looked at when a data set is opened: this one is found when its turn comes.
        String evaluate = Says.failing("evaluate", "--data", data, "--load-from", training.weights(), "--input-size",
                70);
        assertTrue(evaluate.contains(second.toString()), evaluate);
        String train = Says.failing(training.words(run(), "--data", data));
        assertTrue(train.contains(second.toString()), train);
        Files.write(data.resolve("room_00000.h5"), new byte[0]);
        String empty = Says.failing("evaluate", "--data", data, "--load-from", training.weights(), "--input-size", 70);
        assertTrue(empty.contains("room_00000.h5"), empty);
    }

    @Test
    void tooFewFramesForABatch() {
        assertEquals("The data set has 7 sample(s), which does not fill one batch of 8: choose a smaller batch or more"
                + " data.",
                Says.failing(training.words(run(), "--bs", 8)));
        assertFalse(Files.exists(run()));
    }

    @Test
    void aRunFolderThatIsAFile() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "precious");
        assertEquals("The run folder " + file + " cannot be made: " + file
                + " is a file; choose another folder with --outdir.",
                Says.failing(training.words(file)));
        String below = Says.failing(training.words(file.resolve("below")));
        assertTrue(below.startsWith("The run folder " + file.resolve("below") + " cannot be made"), below);
        assertEquals("precious", Files.readString(file));
    }
}
