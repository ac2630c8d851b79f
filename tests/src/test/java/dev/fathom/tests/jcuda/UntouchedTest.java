package dev.fathom.tests.jcuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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

    private void run(String... words) throws IOException {
        Path log = folder.resolve("classes.log");
        List<String> command = FakeLibraries.javaCommand("-Xlog:class+load:file=" + log, Main.class.getName());
        command.replaceAll(w -> w.startsWith("-Dfathom.cache=") ? "-Dfathom.cache=" + folder.resolve("cache") : w);
        command.addAll(List.of(words));
        FakeLibraries.Answer answer = FakeLibraries.run(command, Map.of());
        assertEquals(0, answer.code(), answer.text());
        List<String> loaded = Files.readAllLines(log);
        assertTrue(loaded.stream().anyMatch(l -> l.contains("dev.fathom.tools.Main")), "the log holds no classes");
        assertEquals(List.of(), loaded.stream().filter(l -> l.matches(".*\\]"
            + " jcuda\\..*|.*cuda\\.(jcuda|natives|emulated)\\..*"))
            .filter(l -> !l.contains("CudaProbe ")).toList());
        assertTrue(Files.notExists(folder.resolve("cache")), "something was put into the cache folder");
    }

    @Test
    void helpAndInfoTouchNothing() throws IOException {
        run("--help");
        run("predict", "--help");
    }
}
