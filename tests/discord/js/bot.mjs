// A bot on nothing but discord.js: what the double is tried with, beside discord.py.
// It prints a line of JSON for each thing that it noticed.
import { createRequire } from "node:module";

const {
  ActionRowBuilder, ButtonBuilder, ButtonStyle, ChannelType, Client, ContainerBuilder, Events,
  GatewayIntentBits, LabelBuilder, MessageFlags, ModalBuilder, TextDisplayBuilder,
  TextInputBuilder, TextInputStyle,
} = createRequire(process.env.MODULES)("discord.js");

const say = (what, more = {}) => console.log(JSON.stringify({ what, ...more }));
const { Guilds, GuildMembers, GuildMessages, GuildMessageReactions, DirectMessages } =
  GatewayIntentBits;
const client = new Client({
  intents: [Guilds, GuildMembers, GuildMessages, GuildMessageReactions, DirectMessages],
  rest: { api: process.env.API },
});

const ask = new ModalBuilder()
  .setCustomId("form:1")
  .setTitle("A word")
  .addLabelComponents(
    new LabelBuilder()
      .setLabel("Your word")
      .setTextInputComponent(
        new TextInputBuilder().setCustomId("word").setStyle(TextInputStyle.Short),
      ),
  );
const view = (text) => ({
  flags: MessageFlags.IsComponentsV2,
  components: [
    new ContainerBuilder()
      .addTextDisplayComponents(new TextDisplayBuilder().setContent(text))
      .addActionRowComponents(
        new ActionRowBuilder().addComponents(
          new ButtonBuilder().setCustomId("word:1").setLabel("Write").setStyle(ButtonStyle.Primary),
        ),
      ),
  ],
});

client.on(Events.ClientReady, async () => {
  await client.application.commands.set([{
    name: "start",
    description: "Come in",
    options: [{
      type: 3, name: "topic", description: "About what", autocomplete: true,
    }],
  }]);
  const channel = client.guilds.cache.first().channels.cache
    .find((each) => each.type === ChannelType.GuildText);
  const sent = await channel.send(view("Start here"));
  await sent.pin();
  await sent.react("🌱");
  const thread = await sent.startThread({ name: "Answers" });
  await thread.send("A line is enough");
  const found = await channel.messages.fetch({ limit: 10 });
  say("ready", { messages: found.size, pins: (await channel.messages.fetchPins()).items.length });
});
client.on(Events.InteractionCreate, async (it) => {
  if (it.isAutocomplete()) await it.respond([{ name: "Gardens", value: "gardens" }]);
  else if (it.isChatInputCommand()) {
    await it.deferReply({ flags: MessageFlags.Ephemeral });
    await it.editReply(view(`Hello ${it.options.getString("topic")}`));
    await it.followUp({ content: "And more", flags: MessageFlags.Ephemeral });
  } else if (it.isButton()) await it.showModal(ask);
  else if (it.isModalSubmit()) await it.reply(`So: ${it.fields.getTextInputValue("word")}`);
});
client.on(Events.GuildMemberAdd, (it) => say("joined", { name: it.user.username }));
client.on(Events.MessageReactionAdd, (it, user) => {
  if (!user.bot) say("reacted", { emoji: it.emoji.name });
});
client.on(Events.MessageCreate, (it) => {
  if (!it.author.bot) say("posted", { text: it.content });
});
client.on(Events.ShardResume, () => say("resumed"));
client.on(Events.Error, (error) => say("error", { error: String(error) }));
await client.login(process.env.TOKEN);
