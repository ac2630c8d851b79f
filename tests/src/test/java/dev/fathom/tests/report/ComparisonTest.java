package dev.fathom.tests.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.tests.tools.Cli;
import dev.fathom.training.metrics.DepthMetric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fathom report RUN RUN}: several runs on one page. */
class ComparisonTest {
    @TempDir
    private Path folder;

    private String page(Path... runs) throws IOException {
        Path file = folder.resolve("page.html");
        String[] words = new String[runs.length + 3];
        words[0] = "report";
        for (int i = 0; i < runs.length; i++) {
            words[i + 1] = runs[i].toString();
        }
        words[runs.length + 1] = "--out";
        words[runs.length + 2] = file.toString();
        Cli cli = Cli.run(words);
        assertEquals(0, cli.code(), cli.err());
        assertEquals(runs.length + 1, cli.out().lines().count(), "a verdict a run, and the file:\n" + cli.out());
        String html = Files.readString(file);
        HtmlCheck.page(html);
        return html;
    }

    @Test
    void theBestIsNamedAndOnlyDifferencesAreListed() throws IOException {
        Path a = new MadeUpRun(folder.resolve("a")).settings("weight-decay: 0.01\nseed: 42\n").write(5);
        Path b = new MadeUpRun(folder.resolve("b")).settings("weight-decay: 0.05\nseed: 42\nema: 0.999\n")
                .absRel(e -> 0.3 / (e + 1)).write(4);
        String html = page(a, b);
        String words = HtmlCheck.words(html);
        assertTrue(words.contains("2 runs compared Best abs_rel: b with 0.0750 in epoch 4. Next: a with 0.0800, +6.7 %."),
                words);
        String differs = words.substring(words.indexOf("What differs"), words.indexOf("Image by image"));
        assertEquals("What differs setting a b weight-decay 0.01 0.05 ema – 0.999 ", differs);
        // b is better in all measures.
        assertEquals(DepthMetric.values().length, HtmlCheck.count(html, "class=\"n best\""));
        assertTrue(words.contains("abs_rel ↓ mean of |p - t| / t 0.0800 0.0750"), words);
        // The means are 0.08 and 0.075, and all images have the same shares of them.
        assertTrue(words.contains("against images of both b is better on median difference in abs_rel a 12 12 (100 %)"
                + " +0.005"), words);
        String samples = words.substring(words.indexOf("The same samples"));
        assertTrue(samples.contains("room_00001.h5") && samples.contains("a epoch 5, abs_rel 0.080")
                && samples.contains("b epoch 4, abs_rel 0.075"), samples);
        // Photo and truth, then prediction and error of two runs, for two samples.
        assertEquals(2 * (2 + 2 * 2), HtmlCheck.count(html, "<img src="));
        assertFalse(html.contains("class=\"heavy\""));
        // Each run has one colour in all charts: loss, rate, norm and all measures.
        assertEquals(HtmlCheck.count(html, "<path class=\"s s0\""), HtmlCheck.count(html, "<path class=\"s s1\""));
        assertEquals(3 + DepthMetric.values().length, HtmlCheck.count(html, "<path class=\"s s1\""));
    }

    @Test
    void runsThatCannotBeComparedAreSaidToBe() throws IOException {
        Path a = new MadeUpRun(folder.resolve("x/run")).write(3);
        Path b = new MadeUpRun(folder.resolve("y/run")).writeOld(3);
        Path c = new MadeUpRun(folder.resolve("other")).write(0);
        Files.writeString(b.resolve("about.json"), "{\"data\": {\"validation\": {\"fingerprint\": \"other\"}}}");
        Files.writeString(b.resolve("config.yaml"), "max-depth: 80\n");
        String words = HtmlCheck.words(page(a, b, c));
        assertTrue(words.contains("The runs were validated on different data, so their numbers cannot be compared"), words);
        assertTrue(words.contains("The runs differ in --max-depth, so they were measured on different pixels."), words);
        assertTrue(words.contains("x/run") && words.contains("y/run: The run has no steps.jsonl"), words);
        assertTrue(words.contains("max-depth 10.0 80 10.0"), words);
        assertFalse(words.contains("The same samples"), "only one of the runs has pictures");
    }

    @Test
    void runsThatHaveNotFinishedAnEpochAreCompared() throws IOException {
        Path a = new MadeUpRun(folder.resolve("a")).write(0);
        Path b = new MadeUpRun(folder.resolve("b")).write(0);
        assertTrue(HtmlCheck.words(page(a, b)).contains("No run has finished an epoch yet."));
    }

    @Test
    void wrongCallsAreRefused() {
        Path a = new MadeUpRun(folder.resolve("a")).write(1);
        Cli twice = Cli.run("report", a.toString(), a + "/.", "--out", folder.resolve("p.html").toString());
        assertEquals(2, twice.code());
        assertTrue(twice.err().contains("A run is named twice; name each once."), twice.err());
        Cli none = Cli.run("report", a.toString(), folder.toString(), "--out", folder.resolve("p.html").toString());
        assertEquals(1, none.code());
        assertTrue(none.err().contains(folder + " is no run"), none.err());
        assertFalse(Files.exists(folder.resolve("p.html")));
    }
}
