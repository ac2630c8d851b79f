package dev.fathom.tools.evaluate;

import dev.fathom.tools.cli.Version;
import dev.fathom.tools.evaluate.page.Candidate;
import dev.fathom.tools.evaluate.page.EvaluationPage;
import dev.fathom.tools.evaluate.page.ImageScores;
import dev.fathom.tools.output.JsonFile;
import dev.fathom.tools.report.Piece;
import dev.fathom.tools.report.Pieces;
import dev.fathom.training.evaluation.ordinal.OrdinalImage;
import dev.fathom.training.evaluation.ordinal.OrdinalMeasure;
import dev.fathom.training.evaluation.statistics.Interval;
import dev.fathom.training.evaluation.statistics.PairedComparison;
import dev.fathom.training.metrics.Measure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes an ordinal evaluation: JSON, a CSV with a line an image, a page. */
public final class OrdinalFiles {
    private OrdinalFiles() {
    }

    /** Everything needed to know what the numbers mean; {@code call} the words of the command line. */
    public static void writeJson(Path file, OrdinalReport report, List<String> call) {
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("made_by", Version.line());
        root.put("call", call);
        root.put("data", EvaluationFiles.data(report.data(), report.results().getFirst().evaluation().bad()));
        root.put("intervals", report.bootstrap().map(EvaluationFiles::bootstrap).orElse(null));
        root.put("sources", report.results().stream().map(result -> source(report, result)).toList());
        root.put("comparisons", report.comparisons().stream().map(EvaluationFiles::comparison).toList());
        root.put("definitions", Map.of(OrdinalMeasure.ACCURACY.key(), OrdinalMeasure.ACCURACY.description()));
        JsonFile.write(file, root);
    }

    private static Map<String, Object> source(OrdinalReport report, OrdinalReport.Result result) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("name", result.name());
        map.put("about", result.about());
        map.put("skipped_why", result.evaluation().reasons());
        for (String scene : report.scenes()) {
            Interval accuracy = report.accuracy(result, scene);
            Map<String, Object> values = new LinkedHashMap<>();
            values.put(OrdinalMeasure.ACCURACY.key(), EvaluationFiles.number(accuracy.estimate()));
            values.put("low", EvaluationFiles.number(accuracy.low()));
            values.put("high", EvaluationFiles.number(accuracy.high()));
            values.put("images", result.of(scene).counted().size());
            values.put("pairs", result.of(scene).pairs());
            values.put("correct", result.of(scene).correct());
            map.put(scene, values);
        }
        return map;
    }

    /** One line an image and source; where there are several sources their names come first. */
    public static void writeCsv(Path file, OrdinalReport report) {
        boolean several = report.results().size() > 1;
        StringBuilder csv = new StringBuilder(several ? "source," : "").append("index,name,scene,pairs,correct,")
                .append(OrdinalMeasure.ACCURACY.key()).append(",skipped\n");
        for (OrdinalReport.Result result : report.results()) {
            for (OrdinalImage image : result.evaluation().images()) {
                boolean counts = image.skipped().isEmpty();
                csv.append(several ? EvaluationFiles.quoted(result.name()) + "," : "").append(image.index()).append(',')
                        .append(EvaluationFiles.quoted(image.name())).append(',').append(image.scene()).append(',')
                        .append(image.pairs()).append(',').append(counts ? image.correct() : "").append(',')
                        .append(counts ? image.accuracy() : "").append(',')
                        .append(EvaluationFiles.quoted(image.skipped().orElse(""))).append('\n');
            }
        }
        EvaluationFiles.write(file, csv.toString());
    }

    /**
     * The page.
     *
     * @param wrong pictures of images on which the first source has pairs in the wrong order
     */
    static void writePage(Path file, OrdinalReport report, List<Piece> wrong) {
        List<Candidate> candidates = report.results().stream().map(result -> new Candidate(result.name(),
                Map.<Measure, Interval>of(OrdinalMeasure.ACCURACY, report.accuracy(result, OrdinalReport.ALL)),
                result.evaluation().images().stream().map(OrdinalFiles::scores).toList())).toList();
        EvaluationPage page = new EvaluationPage("Which point is nearer", String.join(", ", candidates.stream()
                .map(Candidate::name).toList()) + " on " + report.data().text() + ".", candidates)
                .result(report.bootstrap().map(b -> List.of(ReportPage.ofIntervals(b))).orElse(List.of()))
                .section("By kind of scene", List.of(byScene(report)));
        Map<String, List<PairedComparison>> comparisons = new LinkedHashMap<>();
        report.comparisons().forEach(c -> comparisons.put(c.second() + " against " + c.first(), c.measures()));
        report.bootstrap().ifPresent(bootstrap -> page.comparisons(bootstrap, comparisons));
        page.definition(definition(report));
        if (!wrong.isEmpty()) {
            List<Piece> pieces = new ArrayList<>(List.of(Pieces.text("The green point of each pair is nearer. Shown are the"
                    + " images with the most wrong pairs.")));
            pieces.addAll(wrong);
            page.section("Where " + report.results().getFirst().name() + " is wrong", pieces);
        }
        page.images("pairs").footer(Version.line()).save(file);
    }

    private static ImageScores scores(OrdinalImage image) {
        return new ImageScores(image.index(), image.name(), image.pairs(), image.skipped().isPresent() ? Map.of()
                : Map.of(OrdinalMeasure.ACCURACY, image.accuracy()), image.skipped());
    }

    private static Piece byScene(OrdinalReport report) {
        List<String> heads = new ArrayList<>(List.of("scene", "images", "pairs"));
        report.results().forEach(result -> heads.add(result.name()));
        List<List<String>> rows = new ArrayList<>();
        for (String scene : report.scenes()) {
            List<String> row = new ArrayList<>(List.of(scene, Integer.toString(report.results().getFirst().of(scene).counted()
                    .size()), Integer.toString(report.results().getFirst().of(scene).pairs())));
            report.results().forEach(result -> row.add(report.accuracy(result, scene).toString()));
            rows.add(row);
        }
        return Pieces.table(heads, rows);
    }

    private static Map<String, String> definition(OrdinalReport report) {
        Map<String, String> words = new LinkedHashMap<>();
        words.put("measure", OrdinalMeasure.ACCURACY.description());
        words.put("averaged over", "pairs");
        words.put("data", report.data().text());
        words.put("data fingerprint", report.data().fingerprint());
        for (OrdinalReport.Result result : report.results()) {
            String of = report.results().size() > 1 ? result.name() + ": " : "";
            words.put(of + "images", String.format(Locale.ROOT, "%,d with %,d pairs", result.evaluation().counted().size(),
                    result.evaluation().pairs()));
            result.about().forEach((key, value) -> {
                if (value != null) {
                    words.put(of + key.replace('_', ' '), value.toString());
                }
            });
        }
        return words;
    }
}
