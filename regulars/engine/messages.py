"""The words of the engine's own lines on a receipt, by code; what a program words itself comes with its own texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from regulars.kit.i18n import Text

# The name of the currency comes first: so any number fits, whatever the grammar of the language.
TEXTS: Final[Mapping[str, Text]] = {
    "order.fulfilled": Text(
        en="{reward}: the order is complete.", ru="{reward}: заказ выполнен.", ro="{reward}: comanda este îndeplinită."
    ),
    "order.failed": Text(
        en="{reward}: the order could not be carried out; nothing was spent.",
        ru="{reward}: заказ не выполнен; ничего не списано.",
        ro="{reward}: comanda nu a putut fi îndeplinită; nu s-a cheltuit nimic.",
    ),
    "order.cancelled": Text(
        en="{reward}: the order is cancelled.", ru="{reward}: заказ отменён.", ro="{reward}: comanda este anulată."
    ),
    "order.expired": Text(
        en="{reward}: the time of the order is over.",
        ru="{reward}: срок заказа истёк.",
        ro="{reward}: termenul comenzii a trecut.",
    ),
    "draw.won": Text(
        en="{draw}: you have won {prize}.",
        ru="{draw}: ваш выигрыш — {prize}.",
        ro="{draw}: ați câștigat {prize}.",
    ),
    "draw.nothing": Text(
        en="{draw}: nothing this time.",
        ru="{draw}: в этот раз без приза.",
        ro="{draw}: de data aceasta fără premiu.",
    ),
    "draw.ticket": Text(
        en="{draw}: a ticket for the draw.",
        ru="{draw}: билет для розыгрыша.",
        ro="{draw}: un bilet pentru tragere.",
    ),
    "board.prize": Text(en="{board}: place {rank}.", ru="{board}: место {rank}.", ro="{board}: locul {rank}."),
    "voucher.given": Text(
        en="{voucher}: your code is {code}.",
        ru="{voucher}: ваш код {code}.",
        ro="{voucher}: codul dvs. este {code}.",
    ),
    "voucher.given_until": Text(
        en="{voucher}: your code is {code}, valid through {through}.",
        ru="{voucher}: ваш код {code}, действует по {through}.",
        ro="{voucher}: codul dvs. este {code}, valabil până la {through}.",
    ),
    "offer.next": Text(en="Next time: {offer}.", ru="В следующий раз: {offer}.", ro="Data viitoare: {offer}."),
    "offer.next_through": Text(
        en="Next time, through {through}: {offer}.",
        ru="В следующий раз, по {through}: {offer}.",
        ro="Data viitoare, până la {through} inclusiv: {offer}.",
    ),
    "offer.next_what": Text(
        en="Next time: {offer}. {what}",
        ru="В следующий раз: {offer}. {what}",
        ro="Data viitoare: {offer}. {what}",
    ),
    "offer.next_what_through": Text(
        en="Next time, through {through}: {offer}. {what}",
        ru="В следующий раз, по {through}: {offer}. {what}",
        ro="Data viitoare, până la {through} inclusiv: {offer}. {what}",
    ),
    "points.earned": Text(
        en="{currency} earned: {points}.",
        ru="{currency}: начислено {points}.",
        ro="{currency}: acumulat {points}.",
    ),
    "points.waiting": Text(
        en="{currency} that can be used from {active_on}: {points}.",
        ru="{currency}: {points} можно использовать с {active_on}.",
        ro="{currency}: {points} pot fi folosite din {active_on}.",
    ),
    "points.unconfirmed": Text(
        en="{currency} that wait to be confirmed: {points}.",
        ru="{currency}: {points} ожидает подтверждения.",
        ro="{currency}: {points} așteaptă confirmarea.",
    ),
    "points.reversed": Text(
        en="{currency} taken back: {points}.",
        ru="{currency}: снято при возврате {points}.",
        ro="{currency}: retras la retur {points}.",
    ),
    "discount": Text(en="{title}: {amount} off.", ru="{title}: скидка {amount}.", ro="{title}: reducere {amount}."),
    "discount.lost": Text(
        en="Not refunded, since a discount is lost with what came back: {amount}.",
        ru="Не возвращается {amount}: без возвращённого товара скидка не действует.",
        ro="Nu se restituie {amount}: fără marfa returnată reducerea se pierde.",
    ),
    "points.used": Text(
        en="{currency} used: {points}.",
        ru="{currency}: использовано {points}.",
        ro="{currency}: folosit {points}.",
    ),
    "points.exchanged": Text(
        en="{currency}: {points} exchanged for {given} {to}.",
        ru="{currency}: обменяно {points}, получено {given} ({to}).",
        ro="{currency}: {points} schimbate, s-au obținut {given} ({to}).",
    ),
    "points.bought": Text(
        en="{currency} bought: {points} for {amount}.",
        ru="{currency}: куплено {points} за {amount}.",
        ro="{currency} cumpărat: {points} pentru {amount}.",
    ),
    "points.given_back": Text(
        en="{currency} given back: {points}; money back: {amount}.",
        ru="{currency}: сдано {points}; возвращаются деньги: {amount}.",
        ro="{currency} restituit: {points}; bani înapoi: {amount}.",
    ),
    "points.paid_out": Text(
        en="{currency} paid out: {points}, that is {amount}.",
        ru="{currency}: выплачено {points}, то есть {amount}.",
        ro="{currency} plătit: {points}, adică {amount}.",
    ),
    "points.pay_out_failed": Text(
        en="{currency} come back, since the payment failed: {points}.",
        ru="{currency}: вернулось {points}, выплата не прошла.",
        ro="{currency} revenit, plata nu a reușit: {points}.",
    ),
    "points.cut": Text(
        en="{currency} not earned, since a limit is reached: {points}.",
        ru="{currency}: не начислено {points}, достигнут лимит.",
        ro="{currency}: neacumulat {points}, limita a fost atinsă.",
    ),
    "referral.refused": Text(
        en="The referral code was not taken.",
        ru="Реферальный код не принят.",
        ro="Codul de recomandare nu a fost acceptat.",
    ),
    "limit.cut": Text(
        en="A limit is reached: not everything is earned.",
        ru="Достигнут лимит: начислено не всё.",
        ro="Limita a fost atinsă: nu s-a acumulat tot.",
    ),
    "limit.hold": Text(
        en="What is earned waits until it is checked.",
        ru="Начисление ожидает проверки.",
        ro="Ce s-a acumulat așteaptă verificarea.",
    ),
    "limit.alert": Text(
        en="Please look at this more closely.",
        ru="Пожалуйста, проверьте внимательнее.",
        ro="Vă rugăm să verificați cu atenție.",
    ),
    "consent.given": Text(
        en="{purpose}: agreed.",
        ru="{purpose}: согласие получено.",
        ro="{purpose}: consimțământ primit.",
    ),
    "consent.withdrawn": Text(
        en="{purpose}: consent taken back.",
        ru="{purpose}: согласие отозвано.",
        ro="{purpose}: consimțământ retras.",
    ),
    "choice.made": Text(
        en="{choice} picked: {picked}.",
        ru="{choice}: выбрано {picked}.",
        ro="{choice}: ales {picked}.",
    ),
    "challenge.joined": Text(
        en="{challenge}: joined, {progress} of {target}.",
        ru="{challenge}: участие начато, {progress} из {target}.",
        ro="{challenge}: înscriere, {progress} din {target}.",
    ),
    "challenge.progress": Text(
        en="{challenge}: {progress} of {target}.",
        ru="{challenge}: {progress} из {target}.",
        ro="{challenge}: {progress} din {target}.",
    ),
    "challenge.completed": Text(
        en="{challenge}: done, {progress} of {target}.",
        ru="{challenge}: выполнено, {progress} из {target}.",
        ro="{challenge}: îndeplinită, {progress} din {target}.",
    ),
    "points.paid": Text(
        en="{currency} paid with: {points}, worth {amount}.",
        ru="{currency}: оплачено {points} на сумму {amount}.",
        ro="{currency}: plătit cu {points}, în valoare de {amount}.",
    ),
    "points.refunded": Text(
        en="{currency} given back: {points}, worth {amount}.",
        ru="{currency}: возвращено {points} на сумму {amount}.",
        ro="{currency}: restituit {points}, în valoare de {amount}.",
    ),
    "balance": Text(
        en="{currency}, balance: {points}.",
        ru="{currency}: баланс {points}.",
        ro="{currency}: sold {points}.",
    ),
    "points.expiring": Text(
        en="{currency} that can be used through {through}: {points}.",
        ru="{currency}: {points} действуют по {through} включительно.",
        ro="{currency}: {points} pot fi folosite până la {through} inclusiv.",
    ),
    "tier.joined": Text(
        en="Your level: {level}.",
        ru="Ваш уровень: {level}.",
        ro="Nivelul dvs.: {level}.",
    ),
    "tier.up": Text(
        en="Your new level: {level}.",
        ru="Ваш новый уровень: {level}.",
        ro="Noul dvs. nivel: {level}.",
    ),
    "tier.down": Text(
        en="Your level is now: {level}.",
        ru="Теперь ваш уровень: {level}.",
        ro="Nivelul dvs. este acum: {level}.",
    ),
    "tier.lost": Text(
        en="Your level has ended: {level}.",
        ru="Ваш уровень закончился: {level}.",
        ro="Nivelul dvs. s-a încheiat: {level}.",
    ),
    "tier.missing": Text(
        en="{measure}: {missing} more to {level}.",
        ru="{measure}: ещё {missing} до уровня «{level}».",
        ro="{measure}: încă {missing} până la {level}.",
    ),
    "tier.to_keep": Text(
        en="{measure}: {missing} more through {through} to keep {level}.",
        ru="{measure}: ещё {missing} по {through}, чтобы сохранить «{level}».",
        ro="{measure}: încă {missing} până pe {through} pentru a păstra {level}.",
    ),
}
