import type { NoticeChannel, NoticeOptions, World } from "@postern/service";
import type { Config } from "../config/settings.ts";
import type { Log } from "../log.ts";
import { mailChannel } from "./mail.ts";
import { webhookChannel } from "./webhook.ts";

/** The ways out that are configured. */
export function noticeOptions(config: Config, world: World, log: Log, people: () => string): NoticeOptions {
  const channels: NoticeChannel[] = [];
  if (config.smtpUrl !== null && config.mailFrom !== null) {
    channels.push(
      mailChannel({
        url: config.smtpUrl,
        from: config.mailFrom,
        world,
        inbox: () => `${people()}/me/inbox`,
      }),
    );
  }
  if (config.webhookUrl !== null && config.webhookSecret !== null)
    channels.push(webhookChannel({ url: config.webhookUrl, secret: config.webhookSecret, world }));
  return {
    channels,
    addressIn: config.mailAttribute,
    giveUpAfter: config.noticesGiveUpAfter,
    told: (detail) => log.warn({ detail }, "notices"),
  };
}
