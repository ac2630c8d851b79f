package dev.fathom.tests.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.tools.Main;
import dev.fathom.tools.cli.DatasetArguments;
import dev.fathom.tools.cli.DatasetText;
import dev.fathom.tools.evaluate.ProtocolArguments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/** tests/ledger.md: each row's command is one, its protocol is what the row says, and its data is what it names. */
class LedgerTest {
    private static final Path LEDGER = Path.of(System.getProperty("fathom.root"), "tests", "ledger.md");
    private static final String PROGRAM = "tools/fathom ";
    /** Of rows whose data has no depth. */
    private static final String ORDINAL = "ORDINAL";

    /** Cells of the lines with so many of them, without headings. */
    private static List<List<String>> table(int columns) throws IOException {
        List<List<String>> rows = new ArrayList<>();
        for (String line : Files.readAllLines(LEDGER)) {
            List<String> cells = Arrays.stream(line.split("\\|")).map(String::strip).skip(1).toList();
            if (line.startsWith("|") && cells.size() == columns && !cells.getFirst().startsWith("---")
                    && !cells.getFirst().equals("row") && !cells.getFirst().equals("name")) {
                rows.add(cells);
            }
        }
        return rows;
    }

    private static ParseResult parsed(String command) {
        assertTrue(command.startsWith(PROGRAM), command);
        CommandLine line = new CommandLine(Main.class);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        return line.parseArgs(command.substring(PROGRAM.length()).split(" ")).subcommand();
    }

    @Test
    void everyCommandParsesAndItsProtocolIsWhatItsRowSays() throws IOException {
        Map<String, String> protocols = new LinkedHashMap<>();
        table(2).forEach(cells -> protocols.put(cells.get(0), cells.get(1)));
        Set<String> used = new HashSet<>();
        Set<String> names = new HashSet<>();
        List<List<String>> rows = table(7);
        for (List<String> row : rows) {
            assertTrue(names.add(row.getFirst()), row.getFirst() + " is there twice");
            assertTrue(row.stream().noneMatch(String::isBlank), row.toString());
            ParseResult parsed = parsed(row.get(5).replace("`", ""));
            assertEquals("evaluate", parsed.commandSpec().name());
            DatasetArguments data = (DatasetArguments) parsed.commandSpec().mixins().get("Data").userObject();
            DatasetText text = data.text(parsed.commandSpec());
            String format = text.spec().format().name();
            String named = row.get(4);
            used.add(named);
            assertEquals(named.equals(ORDINAL), format.equals("da2k"), row.toString());
            if (!named.equals(ORDINAL)) {
                ProtocolArguments protocol = (ProtocolArguments) parsed.commandSpec().mixins().get("Protocol").userObject();
                assertEquals(protocols.get(named), protocol.protocol(format, Optional.empty()).toString(), row.getFirst());
            }
            assertTrue(row.get(3).matches(switch (format) {
                case "nyu-labeled" -> "NYU.*";
                case "kitti" -> "KITTI.*";
                case "sunrgbd" -> "SUN RGB-D.*";
                case "da2k" -> "D.*";
                default -> ".*";
            }), "the data of " + row);
            assertEquals(row.get(3).contains("laser"), text.spec().setting("depth").equals(Optional.of("lidar")),
                    row.toString());
        }
        assertEquals(protocols.keySet(), used, "each protocol is that of some row");
        assertEquals(64, rows.size(), "rows of the ledger");
    }

    private static ProtocolArguments asked(String options) {
        return (ProtocolArguments) parsed(PROGRAM + "evaluate --load-from m.pth " + options).commandSpec().mixins()
                .get("Protocol").userObject();
    }

    /** What --max is if it is not said: the set's in a protocol that has one, the model's, the set's, or a refusal. */
    @Test
    void theRangeComesFromTheProtocolTheModelOrTheSet() {
        assertEquals(20, asked("").protocol("nyu-h5", Optional.of(20f)).max(), "the trainer's: the model's");
        assertEquals(10, asked("--protocol zero-shot-metric").protocol("nyu-h5", Optional.of(20f)).max(), "the set's");
        assertEquals(80, asked("--protocol zero-shot-metric").protocol("vkitti2", Optional.of(80f)).max(), "the model's");
        assertEquals(80, asked("--align median").protocol("kitti", Optional.empty()).max(), "the set's, as no model says");
        assertEquals(50, asked("--protocol zero-shot-metric --max 50").protocol("kitti", Optional.of(20f)).max(), "typed");
        assertEquals("Nothing says up to which depth pixels count: no metric model is measured, and the field agrees on no range"
                + " for hypersim; expected --max M, metres.", assertThrows(FathomException.class, () -> asked(
                "--protocol zero-shot-relative").protocol("hypersim", Optional.empty())).getMessage());
    }
}
