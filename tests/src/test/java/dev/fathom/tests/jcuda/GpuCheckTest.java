package dev.fathom.tests.jcuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.tools.Main;
import dev.fathom.tools.gpu.CheckPart;
import dev.fathom.tools.gpu.GpuCheck;
import dev.fathom.tools.gpu.PeerTimes;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.Help.Ansi;

/** {@code gpu check}: the whole command on the emulated device, and what happens when parts of it go wrong. */
class GpuCheckTest {
    @TempDir
    Path folder;

    private record Said(int code, String out, String err) {
    }

    private static Said fathom(String... words) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.run(Ansi.OFF, new PrintWriter(out, true), new PrintWriter(err, true), words);
        return new Said(code, out.toString(), err.toString());
    }

    private record Part(String title, Supplier<Outcome> work) implements CheckPart {
        @Override
        public Outcome run(Device device, Consumer<String> says) {
            return work.get();
        }
    }

    @Test
    void aPartThatBreaksDoesNotStopTheOthers() throws IOException {
        Path file = folder.resolve("results/a.md");
        List<String> words = new ArrayList<>();
        int failed = new GpuCheck(file, List.of("# A GPU"), words::add).run(Device.CPU, List.of(
            new Part("Breaks", () -> {
                throw new IllegalStateException("the device is gone");
            }), new Part("Fails", () -> new CheckPart.Outcome(List.of("- one", "- two"), 1, 2, 3)),
            new Part("Looks at the file", () -> {
                try {
                    assertTrue(Files.readString(file).contains("the device is gone"), "written after each part");
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
                return new CheckPart.Outcome(List.of("well"), 4, 0, 0);
            })));
        assertEquals(3, failed);
        String text = Files.readString(file);
        assertTrue(text.startsWith("# A GPU\n\n| part |"), text);
        assertTrue(text.matches("(?s).*\\| Breaks \\| 0 \\| 1 \\| 0 \\|.*\\| Fails \\| 1 \\| 2 \\| 3 \\|.*"
            + "\\| Looks at the file \\| 4 \\| 0 \\| 0 \\|.*## Breaks\n\nBROKEN OFF: .*## Fails\n\n- one\n- two\n.*"),
            text);
    }

    @Test
    void theWholeCommandRunsOnTheEmulatedDevice() throws IOException {
        Path peer = Files.writeString(folder.resolve("peer.txt"), """
            # PyTorch 9 on a card
            fwd fp16 b1: 2.000 (least 1.9, most 2.2)
            fwd fp16 b1 peak MiB: 300
            # step failed: RuntimeError
            """);
        assertEquals(Map.of("fwd fp16 b1", 2.0, "fwd fp16 b1 peak MiB", 300.0), PeerTimes.read(peer));
        Path file = folder.resolve("b.md");
        try {
            Said said = fathom("gpu", "check", "--device", "emulated", "--no-suites", "--out", file.toString(),
                "--peer",
                peer.toString());
            assertEquals(0, said.code(), said.out() + said.err());
            String text = Files.readString(file);
            assertTrue(text.startsWith("# emulated GPU, 20"), text);
            assertTrue(text.matches("(?s).*\\| Self-test of the kernels \\| 2\\d\\d \\| 0 \\| 0 \\|.*"
                + "\\| Speed \\| 0 \\| 0 \\| 0 \\|.*\\| fwd fp16 b1 \\| [\\d.]+ \\|.* 2.00 \\| [\\d.]+ \\| 300 \\|.*"
                + "\\| fwd fp16 b1 graph \\|.*\\| step fp16 b1 \\|.*\\| attention \\|.*\\| attention_backward \\|.*"),
                text);
        } finally {
            Backends.close(Device.emulated(0));
        }
    }

    @Test
    void wrongCallsAreSaid() {
        Said said = fathom("gpu", "check", "--device", "cpu", "--out", folder.resolve("c.md").toString());
        assertEquals(1, said.code());
        assertTrue(said.err().startsWith("There is no GPU to check"), said.err());
        assertTrue(Files.notExists(folder.resolve("c.md")));
        said = fathom("gpu", "check", "--device", "gpu", "--out", "x");
        assertEquals(2, said.code());
        assertTrue(said.err().startsWith("'gpu' is no device; there are auto, cpu, cuda or emulated"), said.err());
        said = fathom("gpu");
        assertEquals(2, said.code());
        said = fathom("gpu", "install", "--from", "nowhere.jar");
        assertEquals(1, said.code());
        assertTrue(said.err().startsWith("There is no file nowhere.jar"), said.err());
    }
}
