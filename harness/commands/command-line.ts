import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { cleanCommand } from './clean.ts';
import { diffCommand } from './diff.ts';
import { doctorCommand } from './doctor.ts';
import { exitCodeOfError, exitCodes } from './exit-codes.ts';
import { judgeCommand, reportCommand } from './judge.ts';
import { listCommand } from './list.ts';
import { planCommand } from './plan.ts';
import { proxyCommand, withLongFlags } from './proxy.ts';
import { runCommand } from './run.ts';
import { parseSeeds } from './seeds.ts';
import { sweepCommand } from './sweep.ts';
import { describeError, type Terminal } from './terminal.ts';
import { rateProblem } from '../load/at-rate.ts';
import { gamedayVersion } from '../version.ts';
import { worldNames } from '../surroundings.ts';

/** Builds the command line. `finish` gets the exit code of the command that ran. */
function buildProgram(terminal: Terminal, signal: AbortSignal, finish: (code: number) => void): Command {
  const examples = (...lines: string[]): string =>
    `\nExamples:\n${lines.map((line) => `  $ gameday ${line}`).join('\n')}\n`;
  const program = new Command('gameday')
    .description(
      'Failure-injection tests for generative-AI workloads: breaks things on purpose, and judges from evidence whether the promises held.',
    )
    .version(gamedayVersion())
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(withoutLastBreak(text)),
      writeErr: (text) => terminal.say(withoutLastBreak(text)),
    })
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      examples(
        'list',
        'plan source-throttling',
        'run source-throttling --seed 7',
        'run gpu-saturation --defect B1',
        'judge .gameday/runs/latest',
        'doctor',
      ),
    )
    .addHelpText(
      'after',
      '\nExit codes: 0 pass, 1 fail, 2 inconclusive or invalid, 3 gameday broke, 64 wrong usage.\n',
    );
  const target = new Option(
    '--target <file>',
    'config of the system under test (default: gameday.config.ts here, else the reference workload)',
  );
  const pace = new Option('--pace <pace>', 'how long the phases are').choices(['quick', 'full']).default('quick');
  const seed = new Option('--seed <number>', 'repeats the plan of an earlier run (default: a new one)').argParser(
    wholeNumber,
  );
  const rate = new Option(
    '--rate <share>',
    'how much of the scenario’s requests is sent: 0.2 for a quick look, with fewer samples (default: 1)',
  ).argParser(parseRate);
  const add = (name: string, summary: string): Command => program.command(name).description(summary).exitOverride();
  add('run', 'Run scenarios and judge them.')
    .argument('[names...]', 'scenarios to run (default: all)')
    .addOption(seed)
    .addOption(
      new Option('--seeds <seeds>', 'many, as 1..100 or 1,5,9: a table of verdicts; runs that pass are not kept')
        .argParser(parseSeeds)
        .conflicts('seed'),
    )
    .option(
      '--jobs <count>',
      'processes that share the runs of --seeds (simulated; default: one for each core)',
      wholeNumber,
    )
    .addOption(pace)
    .addOption(rate)
    .addOption(
      new Option('--world <world>', 'processes and real time, or functions and virtual time')
        .choices([...worldNames])
        .default('local'),
    )
    .option('--interleave', 'let the seed decide the order of what is ready at the same time (simulated): finds races')
    .option('--stand-ins', 'use what stands in for parts that only processes can be (the simulated world always does)')
    .addOption(target)
    .option('--defect <id>', 'switch on a defect that the target’s config lists')
    .option(
      '--reporter <names>',
      'console, json, junit, markdown, html; several with commas (default: console,json,html); of --seeds console, junit, markdown',
    )
    .option('--out <dir>', 'where runs are stored (default: .gameday/runs)')
    .addHelpText(
      'after',
      examples(
        'run',
        'run source-throttling --seed 7',
        'run --reporter console,junit,markdown --out results',
        'run gpu-saturation --defect B1',
        'run --world simulated --seeds 1..20 --reporter junit,markdown --out results',
      ),
    )
    .action(async (names: string[], flags: Parameters<typeof runCommand>[1]) =>
      finish(await runCommand(names, flags, terminal, signal)),
    );
  add('list', 'List the scenarios and the systems that they cover.')
    .addOption(target)
    .option('--json', 'as JSON')
    .addHelpText('after', examples('list', 'list --json'))
    .action(async (flags: Parameters<typeof listCommand>[0]) => finish(await listCommand(flags, terminal)));
  add('plan', 'Show what a run would do and when. Starts nothing.')
    .argument('<name>', 'the scenario')
    .addOption(seed)
    .addOption(pace)
    .addOption(rate)
    .addOption(target)
    .option('--json', 'as JSON, with every arrival time')
    .addHelpText('after', examples('plan source-throttling', 'plan gpu-saturation --seed 7 --pace full --json'))
    .action(async (name: string, flags: Parameters<typeof planCommand>[1]) =>
      finish(await planCommand(name, flags, terminal)),
    );
  add('judge', 'Judge a stored run again, from its record alone.')
    .argument('<run>', 'folder of the run, e.g. .gameday/runs/latest')
    .option('--scenario <name>', 'judge by the objectives that this scenario has today')
    .addOption(target)
    .addHelpText(
      'after',
      examples('judge .gameday/runs/latest', 'judge .gameday/runs/latest --scenario source-throttling'),
    )
    .action(async (where: string, flags: Parameters<typeof judgeCommand>[1]) =>
      finish(await judgeCommand(where, flags, terminal)),
    );
  add('report', 'Write the reports of a stored run again, from its record alone.')
    .argument('<run>', 'folder of the run, e.g. .gameday/runs/latest')
    .option('--reporter <names>', 'console, json, junit, markdown, html; several with commas', 'console,html')
    .option('--out <dir>', 'where to write them (default: the folder of the run)')
    .addHelpText(
      'after',
      examples('report .gameday/runs/latest', 'report .gameday/runs/latest --reporter junit,markdown --out results'),
    )
    .action(async (where: string, flags: Parameters<typeof reportCommand>[1]) =>
      finish(await reportCommand(where, flags, terminal)),
    );
  add('diff', 'Show the first event in which two stored runs differ.')
    .argument('<run>', 'folder of a run')
    .argument('<other>', 'folder of another')
    .addHelpText('after', examples('diff .gameday/runs/latest results/2026-11-24T10-00-00-source-throttling'))
    .action(async (left: string, right: string) => finish(await diffCommand(left, right, terminal)));
  add('proxy', 'Run the fault proxy by itself: what toxiproxy-server is, with its flags and its API.')
    .option('--host <host>', 'where its API listens', 'localhost')
    .option('--port <port>', 'its port; 0 for any free one', portNumber, 8474)
    .option('--config <file>', 'JSON with the proxies to begin with')
    .addOption(
      new Option('--seed <number>', 'decides all that is left to chance (default: a new one)').argParser(
        anyWholeNumber,
      ),
    )
    .option('--proxy-metrics', 'show what passes and what toxics do at /metrics')
    .option('--runtime-metrics', 'show what the process takes at /metrics')
    .option('--server-version', 'print the release of Toxiproxy whose API this is; -version does it, too')
    .addHelpText(
      'after',
      '\nWhat is written down: LOG_LEVEL=trace, debug, info, warn, error (the default), fatal, panic or disabled.\n',
    )
    .addHelpText(
      'after',
      examples('proxy', 'proxy -port 8474 -config toxiproxy.json', 'proxy --seed 7 --proxy-metrics'),
    )
    .action(async (flags: Parameters<typeof proxyCommand>[0]) => finish(await proxyCommand(flags, terminal, signal)));
  add('sweep', 'Remove what interrupted runs left behind: faults and processes.')
    .addHelpText('after', examples('sweep'))
    .action(async () => finish(await sweepCommand(terminal)));
  add('clean', 'Remove stored runs.')
    .option('--keep <count>', 'how many of the newest to keep', wholeNumber, 0)
    .option('--out <dir>', 'where the runs are (default: .gameday/runs)')
    .addHelpText('after', examples('clean', 'clean --keep 5'))
    .action(async (flags: Parameters<typeof cleanCommand>[0]) => finish(await cleanCommand(flags, terminal)));
  add('doctor', 'Look at what this machine can run, and how to mend what is missing.')
    .addHelpText('after', examples('doctor'))
    .action(async () => finish(await doctorCommand(terminal)));
  return program;
}

/** A terminal ends each line by itself. */
function withoutLastBreak(text: string): string {
  return text.replace(/\n$/, '');
}

function portNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new InvalidArgumentError('A port is a whole number from 0 to 65,535.');
  return Number(text);
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text))
    throw new InvalidArgumentError('It has to be a whole number from 0 to 999,999,999,999,999.');
  return Number(text);
}

/** As text: Go's 64 bits are more than a number here has. */
function anyWholeNumber(text: string): string {
  if (!/^-?\d{1,19}$/.test(text) || BigInt.asIntN(64, BigInt(text)) !== BigInt(text))
    throw new InvalidArgumentError('It has to be a whole number of 64 bits.');
  return text;
}

function parseRate(text: string): number {
  const rate = text.trim() === '' ? NaN : Number(text);
  const problem = rateProblem(rate);
  if (problem !== null) throw new InvalidArgumentError(problem);
  return rate;
}

/** Runs one command line, without the name of the program, and gives its exit code. It ends early, and in order, when `signal` aborts. */
export async function runCommandLine(
  parameters: readonly string[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  let code: number = exitCodes.pass;
  try {
    await buildProgram(terminal, signal, (given) => (code = given)).parseAsync([...withLongFlags(parameters)], {
      from: 'user',
    });
    return code;
  } catch (cause) {
    // Commander has already said what was wrong; help and version end with 0.
    if (cause instanceof CommanderError)
      return cause.exitCode === 0 || cause.code === 'commander.helpDisplayed' ? exitCodes.pass : exitCodes.usage;
    terminal.say(describeError(cause));
    return exitCodeOfError(cause);
  }
}
