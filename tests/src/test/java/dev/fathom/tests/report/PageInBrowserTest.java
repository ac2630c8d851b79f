package dev.fathom.tests.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.tests.tools.Cli;
import dev.fathom.training.metrics.DepthMetric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A browser takes the pages without a word, fetches nothing, and shows all of them on a desk and on a phone. */
class PageInBrowserTest {
    /** Measures that have a chart of their own: abs_rel is in the chart of validation. */
    private static final int OTHERS = DepthMetric.values().length - 1;

    private static final Path CHROMIUM = Stream.of("/usr/bin/chromium", "/usr/bin/chromium-browser",
            "/usr/bin/google-chrome").map(Path::of).filter(Files::isExecutable).findFirst().orElse(null);
    /** What the browser is asked when it has drawn the page; the page itself has no script. */
    private static final String QUESTION = """
            <pre id="seen"></pre><script>
            addEventListener('load', () => {
              const d = document.documentElement;
              const inside = e => { const r = e.getBoundingClientRect(); return r.width > 20 && r.height > 20; };
              document.getElementById('seen').textContent = JSON.stringify({
                width: innerWidth, contentWidth: d.scrollWidth, height: d.scrollHeight,
                fetched: performance.getEntriesByType('resource').filter(e => !e.name.startsWith('data:')).length,
                images: document.images.length,
                whole: [...document.images].filter(i => i.complete && i.naturalWidth > 0 && inside(i)).length,
                charts: [...document.querySelectorAll('.chart > svg')].filter(inside).length,
                ink: [...document.querySelectorAll('.chart > svg path.s')]
                    .filter(p => p.getAttribute('d') && p.getBBox().width > 50).length,
                outside: [...document.querySelectorAll('.chart > svg path')].filter(p => {
                  const b = p.getBBox(); return b.width > 0 && (b.x < -1 || b.x + b.width > 481
                      || b.y < -1 || b.y + b.height > 281); }).length });
            });
            </script></body>""";

    @TempDir
    private Path folder;

    private JsonNode seen(Path page, int width) throws IOException, InterruptedException {
        assumeTrue(CHROMIUM != null, "no Chromium: apt-get install chromium");
        Path asked = folder.resolve("asked.html");
        Files.writeString(asked, Files.readString(page).replace("</body>", QUESTION));
        Path out = folder.resolve("dom.txt");
        Path err = folder.resolve("err.txt");
        List<String> words = new ArrayList<>(List.of(CHROMIUM.toString(), "--headless", "--no-sandbox", "--disable-gpu",
                "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
                "--disable-sync", "--enable-logging=stderr", "--hide-scrollbars", "--user-data-dir="
                + folder.resolve("profile" + width), "--window-size=" + width + ",900", "--dump-dom",
                asked.toUri().toString()));
        Process process = new ProcessBuilder(words).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        if (!process.waitFor(120, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            throw new AssertionError("Chromium did not end: " + Files.readString(err));
        }
        List<String> console = Files.readAllLines(err).stream().filter(line -> line.contains("CONSOLE")).toList();
        assertEquals(List.of(), console, "the browser complains");
        Matcher answer = Pattern.compile("<pre id=\"seen\">(.*?)</pre>").matcher(Files.readString(out));
        assertTrue(answer.find(), () -> "no answer from Chromium, exit code " + process.exitValue());
        return new ObjectMapper().readTree(answer.group(1).replace("&quot;", "\"").replace("&amp;", "&"));
    }

    @ParameterizedTest
    @ValueSource(ints = {1200, 500})
    void aPageIsWholeInABrowser(int width) throws Exception {
        Path run = new MadeUpRun(folder.resolve("run")).planned(12).write(12);
        assertEquals(0, Cli.run("report", run.toString()).code());
        JsonNode seen = seen(run.resolve("report.html"), width);
        assertEquals(width, seen.get("width").asInt());
        assertEquals(width, seen.get("contentWidth").asInt(), "the page is wider than the window: " + seen);
        assertTrue(seen.get("height").asInt() > 3000, "all sections have a height: " + seen);
        assertEquals(0, seen.get("fetched").asInt());
        // Two samples of photo, truth and 8 chosen epochs (the best is the last, so 7), the worst and the best.
        assertEquals(2 * (2 + 2 * 7) + 2 * 4, seen.get("images").asInt());
        assertEquals(seen.get("images"), seen.get("whole"), "every picture is decoded and has a size");
        // Loss, validation, rates, norm; the measures but for abs_rel; three by depth; speed and memory.
        assertEquals(4 + OTHERS + 3 + 2, seen.get("charts").asInt());
        // Loss 1, validation 3, rates 2, norm 1, the other measures, by depth 2, speed 1, memory 1.
        assertEquals(11 + OTHERS, seen.get("ink").asInt(), "curves that go from left to right");
        assertEquals(0, seen.get("outside").asInt(), "drawn outside of its chart");
    }

    @Test
    void aComparisonIsWholeInABrowser() throws Exception {
        Path a = new MadeUpRun(folder.resolve("a")).write(3);
        Path b = new MadeUpRun(folder.resolve("b")).absRel(e -> 0.3 / (e + 1)).settings("data: /" + "long/".repeat(60)
                + "\n").write(5);
        Path page = folder.resolve("page.html");
        Files.writeString(b.resolve("config.yaml"), Files.readString(b.resolve("config.yaml")).replaceFirst(
                "data: /rooms/train\n", ""));
        assertEquals(0, Cli.run("report", a.toString(), b.toString(), "--out", page.toString()).code());
        JsonNode seen = seen(page, 500);
        assertEquals(500, seen.get("contentWidth").asInt(), "the page is wider than the window: " + seen);
        assertEquals(12, seen.get("whole").asInt(), seen.toString());
        // Loss, rate, norm and every measure, a curve a run.
        assertEquals(4 + OTHERS, seen.get("charts").asInt());
        assertEquals(2 * (4 + OTHERS), seen.get("ink").asInt(), seen.toString());
    }
}
