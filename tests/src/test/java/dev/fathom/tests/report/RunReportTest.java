package dev.fathom.tests.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.tests.tools.Cli;
import dev.fathom.tools.report.run.ReportListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code fathom report RUN}: what the page says of runs that ended in many ways. */
class RunReportTest {
    @TempDir
    private Path folder;

    private Path run() {
        return folder.resolve("nyu <1> & \"co\"");
    }

    /** The page that the command writes, checked to be whole. */
    private static String page(Path run) throws IOException {
        Cli cli = Cli.run("report", run.toString());
        assertEquals(0, cli.code(), cli.err());
        assertTrue(cli.out().endsWith("report " + run.resolve("report.html") + "\n"), cli.out());
        String html = Files.readString(run.resolve("report.html"));
        HtmlCheck.page(html);
        return html;
    }

    private static void says(String html, String... sentences) {
        String words = HtmlCheck.words(html);
        for (String sentence : sentences) {
            assertTrue(words.contains(sentence), () -> "'" + sentence + "' is not in: " + words);
        }
    }

    @Test
    void aWholeRunIsToldFromTheVerdictToTheMachine() throws IOException {
        String html = page(new MadeUpRun(run()).write(5));
        says(html, "nyu <1> & \"co\"", "Best abs_rel 0.0800 in epoch 5 of 5, d1 0.920.", "still improving",
                "5 of 5 epochs done 100 steps", "Training loss", "smoothed (each step pale)", "Learning rate", "encoder",
                "decoder", "Gradient norm", "best, epoch 5", "Samples through time", "Worst of epoch 5 room_00007 <&>.h5"
                + " abs_rel 0.152, d1 0.500", "Best of epoch 5 room_00002.h5 abs_rel 0.008", "Worst of the best epoch, 5 image"
                + " abs_rel rmse d1 silog_dav2 room_00007 <&>.h5 0.152 0.304 0.848 0.304 room_00011.h5 0.084",
                "room_00008.h5 0.082 0.163 0.918 0.163 Best of the best epoch, 5 image abs_rel rmse d1 silog_dav2"
                + " room_00002.h5 0.008 0.016 0.992 0.016 room_00000.h5 0.075",
                "Over the 12 images of the best epoch, abs_rel is 0.080 in the middle", "Error by depth", "true depth, m",
                "computing steps", "waiting for data 2.0 s", "validation 13 s", "Memory", "Configuration", "max-depth 10.0",
                "machine processor AMD <EPYC> & co", "data training fingerprint d1925f");
        assertTrue(html.contains("<h1>nyu &lt;1&gt; &amp; &quot;co&quot;</h1>"), "the folder's name is the title");
        // 2 samples of photo, truth and 5 times prediction and error; the worst and the best with 4 each.
        assertEquals(2 * (2 + 5 * 2) + 2 * 4, HtmlCheck.count(html, "<img src=\"data:image/jpeg;base64,"));
        assertEquals(2, HtmlCheck.count(html, "<div class=\"marked\">"), "the best epoch of each sample is marked");
        assertTrue(html.contains("depth <i>0</i>") && html.contains("<i>8.5 m</i>") && html.contains("<i>50 %</i>"),
                "what the colours mean");
        // Ten ranges of depth, three histograms.
        assertEquals(30, HtmlCheck.count(html, "<rect class=\"bar"));
        assertTrue(html.contains("4 to 5: 0.0720"), "0.08 * (0.5 + 0.1 * 4)");
        assertFalse(html.contains("class=\"heavy\""), "nothing to worry about");
    }

    /** The trend is the verdict's heart: each of its words for a curve that deserves it. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "0.5 0.4 0.3 0.25 0.2      | 0.5 0.4 0.3 0.2 0.1  | still improving | the last 2 epochs brought abs_rel down by 33 %",
        "0.5 0.2 0.22 0.24 0.26    | 0.5 0.4 0.3 0.2 0.1  | overfitting     | since epoch 2 abs_rel is worse by 20 % while"
                + " the training loss fell by 50 %",
        "0.5 0.2 0.22 0.24 0.26    | 0.5 0.4 0.4 0.4 0.41 | getting worse   | Since epoch 2 abs_rel is worse by 20 %, and",
        "0.5 0.2 0.201 0.201 0.202 | 0.5 0.4 0.3 0.2 0.1  | flat            | nothing better in the 3 epochs since",
        "0.5 0.2 0.2 0.2 0.1999    | 0.5 0.4 0.3 0.2 0.1  | flat            | changed abs_rel by less than 1 %",
        "0.5 0.2                   | 0.5 0.4              | too early to tell | A trend takes three epochs",
        "nan nan nan               | 0.5 0.4 0.3          | too early to tell | No epoch has a finite abs_rel",
    })
    void theTrendIsNamed(String measure, String loss, String trend, String sentence) throws IOException {
        String[] values = measure.split(" +");
        String[] losses = loss.split(" +");
        IntToDoubleFunction m = e -> values[e].equals("nan") ? Double.NaN : Double.parseDouble(values[e]);
        String html = page(new MadeUpRun(run()).absRel(m).loss(e -> Double.parseDouble(losses[e])).planned(values.length)
                .write(values.length));
        says(html, trend, sentence);
    }

    @Test
    void aKilledRunIsToldAsFarAsItCame() throws IOException {
        MadeUpRun made = new MadeUpRun(run()).planned(9);
        made.write(2);
        for (int batch = 0; batch < 3; batch++) {
            made.append("steps.jsonl", made.step(2, batch));
        }
        Files.writeString(run().resolve("steps.jsonl"), "{\"step\":44,\"epo", StandardOpenOption.APPEND);
        Files.writeString(run().resolve("validation.jsonl"), "{\"epoch\":2}\n[1]\n{\"ep", StandardOpenOption.APPEND);
        Files.writeString(run().resolve("panels/0/p1.png"), "half");
        String html = page(run());
        says(html, "2 of 9 epochs are done: the run still goes on, was stopped or was killed.",
                "Its last line is of 2025-11-20 17:00:21 UTC.", "43 steps", "1 line of steps.jsonl",
                "2 lines of validation.jsonl", "no picture");
    }

    @Test
    void aRunThatHasNotFinishedAnEpochHasAPage() throws IOException {
        new MadeUpRun(run()).write(0);
        says(page(run()), "No epoch is finished yet. The run ended or was looked at before its first step.");
        MadeUpRun made = new MadeUpRun(run());
        made.append("steps.jsonl", made.step(0, 0));
        says(page(run()), "No epoch is finished yet. 1 step is done, the last loss is 0.");
    }

    @Test
    void aRunOfAnOlderVersionHasAPage() throws IOException {
        String html = page(new MadeUpRun(run()).writeOld(5));
        says(html, "Best abs_rel 0.0800 in epoch 5 of 5", "The run has no steps.jsonl (an older version wrote it)",
                "training 55 s");
        assertFalse(html.contains("Samples through time") || html.contains("Error by depth"));
    }

    /** What changed nothing is counted by reason, with the place in the curve. */
    @Test
    void whatWasLeftOutIsCounted() throws IOException {
        MadeUpRun made = new MadeUpRun(run());
        made.write(1);
        for (String reason : List.of("overflow", "overflow", "empty", "non-finite")) {
            Map<String, Object> line = made.step(1, 0);
            line.put("applied", false);
            line.put("left_out", reason);
            line.put("loss", null);
            line.put("grad_norm", null);
            made.append("steps.jsonl", line);
        }
        Files.createDirectories(run().resolve("nan"));
        Files.writeString(run().resolve("nan/step-21.safetensors"), "x");
        String html = page(run());
        says(html, "2 steps overflowed in fp16 and changed nothing (8.3 % of all); more than 1 % speaks for --precision"
                + " bf16.", "1 batch was without a single valid depth: left out (4.2 % of all).",
                "1 step had a loss or a gradient that is not finite and changed nothing; the folder nan/ has",
                "steps left out");
        assertEquals(3, HtmlCheck.count(html, "<li class=\"heavy\">"));
        assertEquals(5, HtmlCheck.count(html, "<path class=\"mark\""), "one in the legend, four in the chart");
    }

    @Test
    void waitingForDataIsSaid() throws IOException {
        MadeUpRun made = new MadeUpRun(run());
        made.write(1);
        Map<String, Object> line = made.step(1, 0);
        line.put("seconds", 30);
        line.put("wait_seconds", 30);
        made.append("steps.jsonl", line);
        says(page(run()), "76 % of the steps' time was spent waiting for data: more loader threads (--workers)");
    }

    @Test
    void whatTheSettingsMeantIsSaid() throws IOException {
        MadeUpRun made = new MadeUpRun(run()).planned(9).settings("early-stop: 2\nclip-norm: 2.0\n")
                .absRel(e -> e == 1 ? 0.1 : 0.2);
        made.write(3);
        says(page(run()), "3 of 9 epochs are done: the run still goes on");
        Map<String, Object> line = made.metrics(3, true);
        line.put("bad_frames", Map.of("TORN", 2));
        line.put("bad_validation_frames", Map.of());
        made.append("metrics.jsonl", line);
        long above = 0;
        for (int step = 0; step < 60; step++) {
            above += (double) made.step(step / 20, step % 20).get("grad_norm") > 2 ? 1 : 0;
        }
        String html = page(run());
        says(html, "4 of 9 epochs are done: the run ended early, because 2 epochs brought nothing better",
                "2 training frames could not be read and were left out (TORN 2).", "clipped to",
                Math.round(100 * above / 60.0) + " % of the steps were clipped");
        assertEquals(1, HtmlCheck.count(html, "<li class=\"heavy\">"));
    }

    @Test
    void anotherMeasureMayBeTheJudge() throws IOException {
        says(page(new MadeUpRun(run()).settings("best-by: d2\n").absRel(e -> 0.1 * (e + 1)).write(4)),
                "Best d2 0.9000 in epoch 1 of 4");
    }

    /** Longer than any buffer, with the epochs chosen that a row has room for. */
    @Test
    void aLongRunIsRead() throws IOException {
        String html = page(new MadeUpRun(run()).planned(40).samples(1).absRel(e -> 0.1 + Math.abs(e - 17) * 0.01)
                .write(40));
        says(html, "800 steps", "Best abs_rel 0.1000 in epoch 18 of 40", "smoothed (range of steps pale)",
                "epoch 1 ", "epoch 18, best", "epoch 40 ");
        assertEquals(2 + 8 * 2 + 2 * 4, HtmlCheck.count(html, "<img src="));
        assertFalse(HtmlCheck.words(html).contains("Unreadable"));
    }

    /** The listener reads on where it stopped; its page is the one that is made from everything at once. */
    @Test
    void aPageAnEpochIsThePageOfTheWholeRun() throws IOException {
        List<String> problems = new ArrayList<>();
        MadeUpRun made = new MadeUpRun(run()).samples(1);
        made.write(1);
        Path page = run().resolve("report.html");
        try (ReportListener listener = new ReportListener(run(), problems::add)) {
            listener.epoch(null);
            says(Files.readString(page), "Best abs_rel 0.4000 in epoch 1, d1 0.600.", "20 steps");
            for (String file : List.of("steps.jsonl", "metrics.jsonl", "validation.jsonl")) {
                Files.delete(run().resolve(file));
            }
            // Longer than before, and begun anew: a line of the first epoch is read a second time if nobody looks.
            made.write(3);
            listener.epoch(null);
            String followed = Files.readString(page);
            assertEquals(withoutTime(page(run())), withoutTime(followed));
            Files.writeString(run().resolve("steps.jsonl"), "");
            listener.epoch(null);
            String cut = Files.readString(page);
            assertEquals(withoutTime(page(run())), withoutTime(cut));
            says(cut, "The run has no steps.jsonl");
        }
        assertEquals(List.of(), problems);
    }

    private static String withoutTime(String html) {
        return html.replaceAll("written [^<]*", "");
    }

    /** What is in the middle of reading buffers is read once, also where the file grows afterwards. */
    @Test
    void aLongFileIsFollowed() throws IOException {
        MadeUpRun made = new MadeUpRun(run()).planned(20).samples(0);
        made.write(15);
        try (ReportListener listener = new ReportListener(run(), problem -> { })) {
            listener.epoch(null);
            for (int step = 0; step < 300; step++) {
                made.append("steps.jsonl", made.step(15, step));
            }
            listener.epoch(null);
            assertEquals(withoutTime(Files.readString(run().resolve("report.html"))), withoutTime(page(run())));
            says(page(run()), "600 steps");
        }
    }

    /** A run that stops or fails in the middle of an epoch has a page of that moment; one that did not has no new one. */
    @Test
    void theEndOfARunIsTold() throws IOException {
        MadeUpRun made = new MadeUpRun(run());
        made.write(1);
        Path page = run().resolve("report.html");
        new ReportListener(run(), problem -> { }).close();
        assertFalse(Files.exists(page));
        ReportListener listener = new ReportListener(run(), problem -> { });
        listener.step(null);
        made.append("steps.jsonl", made.step(1, 0));
        listener.close();
        says(Files.readString(page), "21 steps");
    }

    /** A page that cannot be written is no reason to lose a run. */
    @Test
    void aPageThatCannotBeWrittenIsSaidAndNothingElse() throws IOException {
        new MadeUpRun(run()).write(1);
        Files.createDirectories(run().resolve("report.html/in the way"));
        List<String> problems = new ArrayList<>();
        new ReportListener(run(), problems::add).epoch(null);
        assertEquals(1, problems.size());
        assertTrue(problems.getFirst().startsWith("The report is not written, training goes on: "), problems.getFirst());
    }

    @ParameterizedTest
    @ValueSource(strings = {"nothing", "empty", "file"})
    void whatIsNoRunIsRefusedInASentence(String name) throws IOException {
        Path path = folder.resolve(name);
        if (name.equals("empty")) {
            Files.createDirectories(path);
        } else if (name.equals("file")) {
            Files.writeString(path, "x");
        }
        Cli cli = Cli.run("report", path.toString());
        assertEquals(1, cli.code(), cli.err());
        assertEquals(1, cli.err().lines().count(), cli.err());
        assertTrue(cli.err().contains(path + switch (name) {
            case "nothing" -> " does not exist; ";
            case "empty" -> " is no run: it holds neither metrics.jsonl nor steps.jsonl nor config.yaml; ";
            default -> " is a file, not the folder of a run; ";
        } + "give the --outdir of a 'tools/fathom train'."), cli.err());
        assertFalse(Files.exists(path.resolve("report.html")));
    }

    @Test
    void thePageMayGoElsewhere() throws IOException {
        Path other = folder.resolve("pages/one.html");
        Files.createDirectories(other.getParent());
        new MadeUpRun(run()).write(1);
        assertEquals(0, Cli.run("report", run().toString(), "--out", other.toString()).code());
        HtmlCheck.page(Files.readString(other));
        assertFalse(Files.exists(run().resolve("report.html")));
        Cli none = Cli.run("report");
        assertEquals(2, none.code());
        assertTrue(none.err().contains("RUN"), none.err());
    }
}
