package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.nn.checkpoint.AtomicFile;
import dev.fathom.nn.checkpoint.Conversion;
import dev.fathom.tests.faults.Faults.Kind;
import dev.fathom.tests.faults.Faults;
import dev.fathom.tests.faults.FaultyProvider;
import dev.fathom.training.data.NyuHdf5Dataset;
import dev.fathom.training.options.BatchOptions;
import dev.fathom.training.options.OptimOptions;
import dev.fathom.training.options.TrainOptions;
import dev.fathom.training.state.RunFolder;
import dev.fathom.training.state.SavePolicy;
import dev.fathom.training.trainer.RunPolicy;
import dev.fathom.training.trainer.TrainListener;
import dev.fathom.training.trainer.Trainer;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A run on a disk that fills up, fails, or is slow: what was saved stays, the sentence names the file and the reason, and
 * once the disk is well the run goes on to the bits that it would have had.
 */
class DiskFaultsTest {
    private static final SavePolicy EACH_STEP = SavePolicy.standard().withEvery("1");

    @TempDir
    private static Path shared;
    private static Training training;
    /** 1 epoch of 3 steps. */
    private static Path reference;
    /** What a run leaves that stopped after its first step. */
    private static Path begun;

    @TempDir
    private Path folder;
    private final Faults faults = new Faults();
    private final FaultyProvider disk = FaultyProvider.over(faults);

    @BeforeAll
    static void prepare() {
        training = Training.in(shared);
        reference = shared.resolve("reference");
        run(reference, training.train(), SavePolicy.standard(), Long.MAX_VALUE);
        begun = shared.resolve("begun");
        run(begun, training.train(), SavePolicy.standard(), 1);
    }

    @BeforeEach
    void copy() throws IOException {
        for (String file : Workshop.files(begun)) {
            Files.copy(begun.resolve(file), folder.resolve(file));
        }
    }

    private Path last() {
        return folder.resolve("last.safetensors");
    }

    private Path faulty(String name) {
        return disk.path(folder.resolve(name));
    }

    /** Trains or goes on, until a step. */
    private static Trainer.Outcome run(Path run, Path data, SavePolicy saves, long until) {
        TrainOptions options = TrainOptions.article().over(1, 42).with(BatchOptions.article().of(2, 70))
                .with(OptimOptions.article().withRates(1e-4, 10));
        RunFolder folder = RunFolder.at(run);
        try (MemoryScope scope = MemoryScope.open("training")) {
            Trainer[] trainer = new Trainer[1];
            trainer[0] = new Trainer(model(), NyuHdf5Dataset.open(data), NyuHdf5Dataset.open(training.val()), options,
                    RunPolicy.standard().with(saves), folder, new TrainListener() {
                        @Override
                        public void step(Step step) {
                            if (step.step() == until) {
                                trainer[0].requestStop();
                            }
                        }
                    });
            return folder.canResume() ? trainer[0].resume(Device.CPU) : trainer[0].start();
        }
    }

    private static DepthAnythingV2 model() {
        try (ModelFile file = ModelFile.open(training.weights())) {
            return file.loadEncoder(Workshop.METRIC, 5, Device.CPU);
        }
    }

    /** Goes on with the run on the faulty disk; the sentence that it ends with. */
    private String failing() {
        return failing(EACH_STEP);
    }

    private String failing(SavePolicy saves) {
        String sentence = assertThrows(FathomException.class, () -> run(disk.path(folder), training.train(), saves,
                Long.MAX_VALUE)).getMessage();
        assertFalse(Workshop.files(folder).stream().anyMatch(f -> f.endsWith(".tmp")),
                Workshop.files(folder).toString());
        return sentence;
    }

    private void assertGoesOnToTheSameBits() {
        faults.clear();
        assertEquals(Trainer.End.FINISHED, run(disk.path(folder), training.train(), EACH_STEP, Long.MAX_VALUE).end());
        Training.assertSameBits(reference.resolve("last.safetensors"), last(), "after the fault");
        Training.assertSameBits(reference.resolve("best.safetensors"), folder.resolve("best.safetensors"), "best");
    }

    /** Full at the first byte, in the header, in the data, at the last byte. */
    @Test
    void aFullDiskKeepsTheOldState() throws IOException {
        byte[] old = Files.readAllBytes(last());
        for (long room : new long[] {0, 3, 1000, old.length / 2, old.length - 1}) {
            faults.clear();
            faults.room(".last.safetensors.", room);
            assertEquals(last() + " cannot be written (IOException: No space left on device); the file that is there is"
                    + " as it was; expected a writable folder with enough room: free space or choose another place.",
                    failing());
            assertEquals(-1, Arrays.mismatch(old, Files.readAllBytes(last())), "full after " + room);
        }
        assertGoesOnToTheSameBits();
    }

    @ParameterizedTest
    @CsvSource({"FORCE, .tmp, Input/output error", "MOVE, last.safetensors, Operation not permitted",
            "OPEN, .tmp, Read-only file system"})
    void aDiskThatRefusesKeepsTheOldState(Kind kind, String name, String reason) throws IOException {
        byte[] old = Files.readAllBytes(last());
        faults.add(operation -> {
            String path = operation.path().toString();
            if (operation.kind() == kind && path.endsWith(name) && path.contains("last.safetensors")) {
                throw new IOException(reason);
            }
        });
        assertTrue(failing().startsWith(last() + " cannot be written (IOException: " + reason
                + "); the file that is there is as it was; "));
        assertEquals(-1, Arrays.mismatch(old, Files.readAllBytes(last())));
        assertGoesOnToTheSameBits();
    }

    /** Then the new state has its name already. */
    @Test
    void aFolderThatCannotBeForcedIsSaid() throws IOException {
        byte[] old = Files.readAllBytes(last());
        boolean[] moved = new boolean[1];
        faults.add(operation -> {
            moved[0] |= operation.kind() == Kind.MOVE && operation.path().equals(last());
            if (moved[0] && operation.kind() == Kind.FORCE && operation.path().equals(folder)) {
                throw new IOException("Input/output error");
            }
        });
        String sentence = failing();
        assertTrue(sentence.startsWith(last() + " is written whole, but its folder cannot be forced to the disk"
                + " (IOException: Input/output error), so that a power cut may bring back"), sentence);
        assertTrue(Arrays.mismatch(old, Files.readAllBytes(last())) >= 0);
        assertGoesOnToTheSameBits();
    }

    /** Forced before it gets its name, and the name is forced too; the state before has its second name by then. */
    @Test
    void whatIsDoneInWhichOrder() {
        run(disk.path(folder), training.train(), EACH_STEP.withKeepLast(2), 2);
        List<String> done = faults.done().stream().filter(d -> d.path().toString().contains("safetensors")
                || d.path().equals(folder) || d.path().endsWith("states"))
                .map(d -> d.kind() + " " + folder.relativize(d.path()).toString().replaceAll("\\.[0-9a-f]{8}\\.", ".X."))
                .distinct().toList();
        assertEquals(List.of("DELETE states/.step-00000001.safetensors.0.tmp",
                "LINK states/.step-00000001.safetensors.0.tmp", "MOVE states/step-00000001.safetensors", "FORCE states",
                "WRITE .last.safetensors.X.tmp", "FORCE .last.safetensors.X.tmp", "MOVE last.safetensors", "FORCE "),
                done);
        List<Faults.Done> all = faults.done();
        int move = all.lastIndexOf(new Faults.Done(Kind.MOVE, last()));
        assertEquals(new Faults.Done(Kind.FORCE, folder), all.get(move + 1), "the name is forced at once");
    }

    /** As on a memory card formatted for Windows: the state before is kept as a copy. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aDiskWithoutLinksGetsCopies(boolean unsupported) throws IOException {
        byte[] old = Files.readAllBytes(last());
        faults.add(operation -> {
            if (operation.kind() == Kind.LINK && unsupported) {
                throw new UnsupportedOperationException();
            } else if (operation.kind() == Kind.LINK) {
                throw new FileSystemException("a", "b", "Operation not permitted");
            }
        });
        run(disk.path(folder), training.train(), EACH_STEP.withKeepLast(2), 2);
        assertEquals(-1, Arrays.mismatch(old, Files.readAllBytes(folder.resolve("states/step-00000001.safetensors"))));
        assertTrue(Arrays.mismatch(old, Files.readAllBytes(last())) >= 0);
        faults.room("states", 100);
        String full = failing(EACH_STEP.withKeepLast(2));
        assertTrue(full.startsWith("The folder of kept states " + folder.resolve("states") + " cannot take " + last()
                + " (java.io.IOException: No space left on device); the last state is whole: "), full);
    }

    @Test
    void logsOnAFullDiskAreNamed() throws IOException {
        byte[] old = Files.readAllBytes(last());
        faults.room("steps.jsonl", 20);
        assertTrue(failing().startsWith("The log " + folder.resolve("steps.jsonl")
                + " cannot be written (IOException: No space left on device); "));
        assertEquals(-1, Arrays.mismatch(old, Files.readAllBytes(last())), "no state without its lines");
        assertGoesOnToTheSameBits();
        assertEquals(3, Files.readAllLines(folder.resolve("steps.jsonl")).size(), "a torn line is gone, none is twice");
    }

    /** A bad sector is found before anything of the state is used; the state is not touched. */
    @Test
    void aStateThatCannotBeReadIsRefused() throws IOException {
        byte[] old = Files.readAllBytes(last());
        for (long at : new long[] {0, 5000, old.length - 1}) {
            faults.clear();
            faults.unreadable("last.safetensors", at);
            String mapped = failing();
            assertTrue(mapped.startsWith("This run cannot be resumed: " + last()
                    + " cannot be read (Input/output error)"), mapped);
        }
        faults.clear();
        // A mapping shows nothing until its pages are touched: then comparing checksums finds it.
        faults.fail(Kind.READ, "last.safetensors", "Input/output error");
        String read = failing();
        assertTrue(read.startsWith("This run cannot be resumed: " + last()
                + " cannot be read (java.io.IOException: Input/output error)"), read);
        assertGoesOnToTheSameBits();
    }

    @Test
    void weightsThatCannotBeReadAreNamed() {
        faults.unreadable("last.safetensors", 100);
        String sentence = assertThrows(FathomException.class, () -> ModelFile.open(faulty("last.safetensors")))
                .getMessage();
        assertEquals(last() + " cannot be read (Input/output error); expected a readable file: check its permissions and"
                + " the disk.", sentence);
    }

    @Test
    void aFrameThatCannotBeReadIsNamed() {
        Path data = disk.path(training.train());
        Path frame = training.train().resolve("room_00003.h5");
        faults.unreadable("room_00003.h5", 2000);
        String sentence = assertThrows(FathomException.class, () -> run(disk.path(folder), data, EACH_STEP,
                Long.MAX_VALUE)).getMessage();
        assertTrue(sentence.contains(frame.toString()) && sentence.contains("Input/output error"), sentence);
        assertGoesOnToTheSameBits();
    }

    /** Each read takes a while, of one frame much longer: order and bits are the same. */
    @Test
    void aSlowDiskChangesNothing() {
        faults.add(operation -> {
            if (operation.kind() == Kind.READ) {
                try {
                    Thread.sleep(operation.path().endsWith("room_00002.h5") ? 200 : 2);
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
        });
        run(disk.path(folder), disk.path(training.train()), EACH_STEP, Long.MAX_VALUE);
        Training.assertSameBits(reference.resolve("last.safetensors"), last(), "from a slow disk");
    }

    /** Every writer that replaces files whole: weights in each format, and text. */
    @ParameterizedTest
    @ValueSource(strings = {"a.safetensors", "a.pth", "a.h5", "a.txt"})
    void everyFormatLeavesTheOldFile(String name) throws IOException {
        Path old = Files.writeString(folder.resolve(name), "old");
        faults.room(name, 600);
        String sentence = assertThrows(FathomException.class, () -> {
            if (name.endsWith(".txt")) {
                AtomicFile.replace(faulty(name), temporary -> Files.write(temporary, new byte[1000]));
            } else {
                Conversion.convert(training.weights(), faulty(name),
                        Optional.empty());
            }
        }).getMessage();
        assertTrue(sentence.startsWith(old + " cannot be written (IOException: No space left on device)"), sentence);
        assertEquals("old", Files.readString(old));
        assertFalse(Workshop.files(folder).stream().anyMatch(f -> f.endsWith(".tmp")));
    }
}
