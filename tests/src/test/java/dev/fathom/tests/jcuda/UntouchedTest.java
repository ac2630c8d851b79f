package dev.fathom.tests.jcuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.cuda.DeviceChoice;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Linear;
import dev.fathom.tools.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Without CUDA nothing changes: no class of JCuda, no search, no native library, nothing in the cache folder. */
class UntouchedTest {
    @TempDir
    Path folder;

    /** Runs a main class and reads which classes were loaded. */
    private void run(Class<?> main, String... words) throws IOException {
        Path log = folder.resolve("classes.log");
        List<String> command = FakeLibraries.javaCommand("-Xlog:class+load:file=" + log, main.getName());
        command.replaceAll(w -> w.startsWith("-Dfathom.cache=") ? "-Dfathom.cache=" + folder.resolve("cache") : w);
        command.addAll(List.of(words));
        FakeLibraries.Answer answer = FakeLibraries.run(command, Map.of());
        assertEquals(0, answer.code(), answer.text());
        List<String> loaded = Files.readAllLines(log);
        assertTrue(loaded.stream().anyMatch(l -> l.contains(main.getName())), "the log holds no classes");
        assertEquals(List.of(), loaded.stream()
            .filter(l -> l.matches(".*\\] (jcuda\\.|dev\\.fathom\\.engine\\.cuda\\.(jcuda|natives)\\.).*")).toList());
        assertTrue(Files.notExists(folder.resolve("cache")), "something was put into the cache folder");
    }

    @Test
    void helpLoadsNothing() throws IOException {
        run(Main.class, "--help");
        run(Main.class, "predict", "--help");
    }

    @Test
    void computingOnTheProcessorLoadsNothing() throws IOException {
        run(Compute.class);
    }

    /** The log would show it: choosing the first GPU looks for the driver. */
    @Test
    void theLogShowsWhatIsLoaded() {
        AssertionError seen = assertThrows(AssertionError.class, () -> run(DeviceChoiceTest.Choose.class, "cuda"));
        assertTrue(seen.getMessage().contains("CudaProbe"), seen.getMessage());
    }

    /** What {@code predict --device cpu} does about devices. */
    static final class Compute {
        private Compute() {
        }

        public static void main(String[] args) {
            Device device = DeviceChoice.of("cpu").device();
            try (MemoryScope scope = MemoryScope.open("compute")) {
                System.out.println(Linear.of(Tensors.of(new float[] {1, 2}, 1, 2).to(device),
                    Tensors.of(new float[] {3, 4}, 1, 2), null).item());
            }
        }
    }
}
