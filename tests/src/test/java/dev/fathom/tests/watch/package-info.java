/** What a person sees while a run goes: logs, progress, event files, panels. */
package dev.fathom.tests.watch;
