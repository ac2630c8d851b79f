package dev.fathom.tools.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Column;
import picocli.CommandLine.Help.TextTable;
import picocli.CommandLine.IHelpSectionRenderer;
import picocli.CommandLine.Model.UsageMessageSpec;

/** The list of commands: under a heading for each thing that people come for. */
public final class CommandSections implements IHelpSectionRenderer {
    private static final Map<String, List<String>> THEMES = new LinkedHashMap<>();
    private static final String REST = "Help";

    static {
        THEMES.put("Begin here", List.of("quickstart"));
        THEMES.put("Depth of pictures", List.of("predict", "video", "pointcloud", "calibrate"));
        THEMES.put("Data sets", List.of("data", "synth"));
        THEMES.put("Train and measure", List.of("train", "report", "replay", "evaluate"));
        THEMES.put("Weights files", List.of("info", "convert", "export"));
        THEMES.put("This machine", List.of("doctor", "bench", "gpu", "kernels"));
    }

    @Override
    public String render(Help help) {
        Map<String, CommandLine> rest = new LinkedHashMap<>(help.commandSpec().subcommands());
        StringBuilder text = new StringBuilder();
        THEMES.forEach((theme, names) -> {
            Map<String, CommandLine> commands = new LinkedHashMap<>();
            for (String name : names) {
                CommandLine command = rest.remove(name);
                if (command != null) {
                    commands.put(name, command);
                }
            }
            text.append(section(help, theme, commands));
        });
        return text.append(section(help, REST, rest)).toString();
    }

    private static String section(Help help, String theme, Map<String, CommandLine> commands) {
        if (commands.isEmpty()) {
            return "";
        }
        int longest = help.commandSpec().subcommands().keySet().stream().mapToInt(String::length).max().orElse(0);
        int width = help.commandSpec().usageMessage().width();
        TextTable table = TextTable.forColumns(help.colorScheme(),
                new Column(longest + 4, 2, Column.Overflow.SPAN),
                new Column(width - longest - 4, 0, Column.Overflow.WRAP));
        commands.forEach((name, command) -> table.addRowValues(help.colorScheme().commandText(name),
                help.colorScheme().text(firstLine(command.getCommandSpec().usageMessage()))));
        return System.lineSeparator() + help.colorScheme().text("@|bold " + theme + "|@:") + System.lineSeparator() + table;
    }

    /** What is behind a blank line in a description is for the command's own help. */
    private static String firstLine(UsageMessageSpec usage) {
        return usage.header().length > 0 ? usage.header()[0] : usage.description()[0];
    }
}
