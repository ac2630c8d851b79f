package dev.fathom.tools.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Help;
import picocli.CommandLine.IHelpSectionRenderer;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The list of options of a command that has many: under a heading for each theme, which is the name of the mixin that
 * brings it, or the heading of the group. The command's own options come first.
 */
public final class HelpSections implements IHelpSectionRenderer {
    private final CommandSpec command;

    /** For this command; set it as the renderer of the option list. */
    public HelpSections(CommandSpec command) {
        this.command = command;
    }

    @Override
    public String render(Help help) {
        List<OptionSpec> rest = new ArrayList<>(command.options().stream().filter(o -> !o.hidden())
                .sorted(Comparator.comparingInt(OptionSpec::order)).toList());
        StringBuilder themes = new StringBuilder();
        for (Map.Entry<String, CommandSpec> mixin : command.mixins().entrySet()) {
            List<String> names = mixin.getValue().options().stream().map(OptionSpec::longestName).toList();
            List<OptionSpec> options = rest.stream().filter(o -> names.contains(o.longestName())).toList();
            if (!options.isEmpty() && !mixin.getKey().equals("mixinStandardHelpOptions")) {
                rest.removeAll(options);
                themes.append(theme(help, mixin.getKey(), options));
            }
        }
        for (ArgGroupSpec group : command.argGroups()) {
            rest.removeAll(group.options());
            themes.insert(0, theme(help, group.heading(), group.options()));
        }
        return list(help, rest) + themes;
    }

    private String theme(Help help, String name, List<OptionSpec> options) {
        return System.lineSeparator() + help.colorScheme().text("@|bold " + name + "|@:") + System.lineSeparator()
                + list(help, options);
    }

    /** Laid out as if for all options, so that descriptions stand in one column throughout. */
    private String list(Help help, List<OptionSpec> options) {
        Help.Layout layout = help.createDefaultLayout(command.options(), List.of(), help.colorScheme());
        layout.addOptions(options, help.createDefaultParamLabelRenderer());
        return layout.toString();
    }
}
